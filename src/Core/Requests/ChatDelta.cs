namespace E2LLM.Core.Requests;

/// <summary>A piece of an answer's text. The last one carries the finish reason, the token counts and the timeline.</summary>
[GenerateSerializer, Alias("E2LLM.ChatDelta"), Immutable]
public sealed record ChatDelta
{
    /// <summary>May be empty.</summary>
    [Id(0)] public string Text { get; init; } = "";

    /// <summary>Null while the answer goes on.</summary>
    [Id(1)] public FinishReason? Finish { get; init; }

    /// <summary>Set where <see cref="Finish"/> is <see cref="FinishReason.Failed"/> or <see cref="FinishReason.Interrupted"/>.</summary>
    [Id(2)] public RequestFailure? Failure { get; init; }

    [Id(3)] public int PromptTokens { get; init; }

    [Id(4)] public int GeneratedTokens { get; init; }

    [Id(5)] public RequestTimeline? Timeline { get; init; }
}
