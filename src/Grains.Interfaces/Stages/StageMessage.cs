using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>A step on its way through the stages.</summary>
[GenerateSerializer, Alias("E2LLM.StageMessage"), Immutable]
public sealed record StageMessage
{
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required StageStep Step { get; init; }

    /// <summary>What the stages before took.</summary>
    [Id(2)] public ImmutableArray<StageTrace> Trace { get; init; } = [];
}
