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
        return ServerPaths.Shorten(keyed);
    }

    // Schedulers know their limits without the section that sets them.
    [GeneratedRegex(@"\((?<name>MaxQueuedRequests|MaxSequenceTokens|KvCells)\)")]
    private static partial Regex Options();
}
