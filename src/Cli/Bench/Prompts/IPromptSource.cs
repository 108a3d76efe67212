namespace E2LLM.Cli.Bench.Prompts;

/// <summary>Where the prompts of a run come from.</summary>
internal interface IPromptSource
{
    /// <summary>What it is, and how its tokens are counted, for the report.</summary>
    string Description { get; }

    /// <param name="tokens">What the server should count, chat template included; a source of given prompts does not look at it.</param>
    Task<string> NextAsync(int tokens, Random random, CancellationToken cancellationToken);
}
