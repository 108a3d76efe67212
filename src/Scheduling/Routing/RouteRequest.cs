namespace E2LLM.Scheduling.Routing;

/// <summary>What a router knows of a request.</summary>
/// <param name="PromptTokens">Length of its prompt.</param>
/// <param name="MaxTokens">Limit of its answer.</param>
/// <param name="Number">Counts the requests that were routed, from 0: policies keep no state of their own.</param>
public readonly record struct RouteRequest(int PromptTokens, int MaxTokens, long Number)
{
    /// <summary>KV cells that it can come to need.</summary>
    public long Tokens => (long)PromptTokens + MaxTokens;
}
