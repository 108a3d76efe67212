using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Interfaces.Requests;

/// <summary>The journal of a request: all that another replica would need to go on with it.</summary>
[GenerateSerializer, Alias("E2LLM.RequestRecord"), Immutable]
public sealed record RequestRecord
{
    [Id(0)] public required GenerationRequest Request { get; init; }

    [Id(1)] public required RequestPhase Phase { get; init; }

    [Id(2)] public ImmutableArray<int> GeneratedTokens { get; init; } = [];

    [Id(3)] public FinishReason? Finish { get; init; }

    [Id(4)] public RequestFailure? Failure { get; init; }

    [Id(5)] public RequestTimeline? Timeline { get; init; }
}
