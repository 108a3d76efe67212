using E2LLM.Core.Engines;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>What a stage holds and has done.</summary>
[GenerateSerializer, Alias("E2LLM.StageStatus"), Immutable]
public sealed record StageStatus
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public bool IsLoaded { get; init; }

    [Id(2)] public int FirstLayer { get; init; }

    [Id(3)] public int LayerCount { get; init; }

    [Id(4)] public long WeightBytes { get; init; }

    [Id(5)] public StageEngineUsage Usage { get; init; }

    [Id(6)] public long CompletedSteps { get; init; }

    /// <summary>Seconds in the engine since it was loaded.</summary>
    [Id(7)] public double BusySeconds { get; init; }

    /// <summary>KV transfers that it expects or sends now.</summary>
    [Id(8)] public int KvTransfers { get; init; }
}
