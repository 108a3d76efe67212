using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>A step has passed all stages.</summary>
[GenerateSerializer, Alias("E2LLM.StepCompletion"), Immutable]
public sealed record StepCompletion
{
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required long StepNumber { get; init; }

    /// <summary>One token per output row, in row order.</summary>
    [Id(2)] public required ImmutableArray<int> SampledTokens { get; init; }

    /// <summary>One entry a stage, in order.</summary>
    [Id(3)] public required ImmutableArray<StageTrace> Trace { get; init; }
}
