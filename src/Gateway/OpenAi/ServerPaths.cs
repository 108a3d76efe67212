using System.Text.RegularExpressions;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Takes folders out of messages that go to strangers.</summary>
internal static partial class ServerPaths
{
    /// <summary>Every absolute path, of any system, is cut down to its last name: "/srv/models/m.gguf: at byte 4" to "m.gguf: at byte 4".</summary>
    public static string Shorten(string message) => Folders().Replace(message, "");

    // A path begins a word, so that "and/or" and "tokens/s" stay. Where quotes stand around it, or where it begins the message and a
    // colon ends it, its folders may have spaces in them.
    [GeneratedRegex(
        """(?<=['"])(?:[A-Za-z]:)?[\\/][^'"\n]*[\\/]|^(?:[A-Za-z]:)?[\\/][^:\n]*[\\/]|(?<=[\s(=\[])(?:[A-Za-z]:)?[\\/]{1,2}(?:[^\s"'\\/:]+[\\/])+""",
        RegexOptions.CultureInvariant)]
    private static partial Regex Folders();
}
