using System.Collections.Immutable;

namespace E2LLM.Core.Requests;

/// <summary>Some of the tokens of an answer, in order. The last chunk carries the finish reason.</summary>
[GenerateSerializer, Alias("E2LLM.TokenChunk"), Immutable]
public sealed record TokenChunk
{
    /// <summary>Index in the answer of the chunk's first token.</summary>
    [Id(0)] public required int FirstIndex { get; init; }

    [Id(1)] public ImmutableArray<int> Tokens { get; init; } = [];

    /// <summary>Null while the answer goes on.</summary>
    [Id(2)] public FinishReason? Finish { get; init; }

    /// <summary>Set where <see cref="Finish"/> is <see cref="FinishReason.Failed"/> or <see cref="FinishReason.Interrupted"/>.</summary>
    [Id(3)] public RequestFailure? Failure { get; init; }

    /// <summary>Set on the last chunk.</summary>
    [Id(4)] public RequestTimeline? Timeline { get; init; }
}
