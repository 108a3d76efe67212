namespace E2LLM.Cli.Bench.Prompts;

/// <summary>How many tokens a server makes of words.</summary>
/// <param name="TemplateTokens">What the chat template adds to every prompt.</param>
/// <param name="TokensPerWord">Above 0.</param>
internal sealed record PromptLengths(double TemplateTokens, double TokensPerWord)
{
    /// <summary>For a server that does not count: English text of common words.</summary>
    public static PromptLengths Usual { get; } = new(10, 1.2);

    /// <summary>The line through two prompts that the server has counted; the usual figures where that is no rising line.</summary>
    public static PromptLengths Through((int Words, int Tokens) few, (int Words, int Tokens) many)
    {
        var slope = (double)(many.Tokens - few.Tokens) / (many.Words - few.Words);
        return slope > 0 ? new PromptLengths(Math.Max(0, few.Tokens - (slope * few.Words)), slope) : Usual;
    }

    /// <summary>Words that come nearest to a number of prompt tokens; at least one.</summary>
    public int WordsFor(int tokens) => Math.Max(1, (int)Math.Round((tokens - TemplateTokens) / TokensPerWord));

    /// <summary>Words to add, or to take away, for a number of tokens.</summary>
    public int WordsBetween(int have, int want) =>
        have == want ? 0 : Math.Sign(want - have) * Math.Max(1, (int)Math.Round(Math.Abs(want - have) / TokensPerWord));
}
