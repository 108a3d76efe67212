using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Core.Engines;

/// <summary>The engine that a stage needs.</summary>
[GenerateSerializer, Alias("E2LLM.StageEngineSpec"), Immutable]
public sealed record StageEngineSpec
{
    [Id(0)] public required string ModelId { get; init; }

    [Id(1)] public required DeviceSpec Device { get; init; }

    [Id(2)] public required int FirstLayer { get; init; }

    [Id(3)] public required int LayerCount { get; init; }

    [Id(4)] public required EngineSettings Settings { get; init; }
}
