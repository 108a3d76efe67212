using E2LLM.Core.Requests;

namespace E2LLM.Client;

/// <summary>A whole answer.</summary>
public sealed record ChatAnswer
{
    /// <summary>Names the request in logs, and on the fleet.</summary>
    public required string RequestId { get; init; }

    public required string Text { get; init; }

    public required FinishReason Finish { get; init; }

    public int PromptTokens { get; init; }

    public int GeneratedTokens { get; init; }

    /// <summary>Null where the fleet could not say.</summary>
    public RequestTimeline? Timeline { get; init; }
}
