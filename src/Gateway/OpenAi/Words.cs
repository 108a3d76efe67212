using System.Globalization;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Counts in messages.</summary>
internal static class Words
{
    /// <summary>"1 token", "2 tokens".</summary>
    /// <param name="noun">One whose plural ends in an s and no more.</param>
    public static string Count(long count, string noun) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {noun}{(count == 1 ? "" : "s")}");
}
