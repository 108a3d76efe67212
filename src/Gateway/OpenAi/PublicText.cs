using System.Text.RegularExpressions;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Messages from inside the fleet, fit for strangers.</summary>
internal static partial class PublicText
{
    /// <summary>The message with no more than the last name of each absolute path: how the server's disk is laid out is its own affair.</summary>
    public static string Of(string message) => message.AsSpan().ContainsAny('/', '\\') ? Paths().Replace(message, "${name}") : message;

    // Between quotes a path may have spaces; elsewhere it ends with one. A path begins with / or a drive, and what has letters before
    // it is none: "org/model", "http://…".
    [GeneratedRegex("""(?<=['"])(?:/|[A-Za-z]:\\)(?:[^'"/\\]+[/\\])+(?<name>[^'"/\\]*)(?=['"])|(?<![\w.:/\\'"])(?:/|[A-Za-z]:\\)(?:[^\s'"/\\:;,]+[/\\])+(?<name>[^\s'"/\\:;,]*)""")]
    private static partial Regex Paths();
}
