using System.Text.RegularExpressions;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Messages from inside the fleet, fit for strangers.</summary>
internal static partial class PublicText
{
    /// <summary>
    /// The message with no more than the last name of each absolute path, since how the server's disk is laid out is its own affair, and
    /// with the whole key of each option.
    /// </summary>
    public static string Of(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var keyed = message.Contains('(') ? Options().Replace(message, "(E2LLM:Serving:${name})") : message;
        return keyed.AsSpan().ContainsAny('/', '\\') ? Paths().Replace(keyed, "${name}") : keyed;
    }

    // Schedulers know their limits without the section that sets them.
    [GeneratedRegex(@"\((?<name>MaxQueuedRequests|MaxSequenceTokens|KvCells)\)")]
    private static partial Regex Options();

    // Between quotes a path may have spaces; elsewhere it ends with one. A path begins with / or a drive, and what has letters before
    // it is none: "org/model", "http://…".
    [GeneratedRegex("""(?<=['"])(?:/|[A-Za-z]:\\)(?:[^'"/\\]+[/\\])+(?<name>[^'"/\\]*)(?=['"])|(?<![\w.:/\\'"])(?:/|[A-Za-z]:\\)(?:[^\s'"/\\:;,]+[/\\])+(?<name>[^\s'"/\\:;,]*)""")]
    private static partial Regex Paths();
}
