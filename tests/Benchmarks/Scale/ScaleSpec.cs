using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Scale;

/// <summary>What a silo process is told, as JSON on its command line.</summary>
internal sealed record ScaleSpec
{
    /// <summary>Of the fog's table of silos.</summary>
    public required string ConnectionString { get; init; }

    public required string Silo { get; init; }

    /// <summary>Silos of the fog: nothing is planned before all of them are there.</summary>
    public required int Silos { get; init; }

    public required DeviceSpec[] Devices { get; init; }

    public required string Planner { get; init; }

    /// <summary>Whether links between silos count as emulated, as in <c>e2llm demo --processes</c>; else they are measured.</summary>
    public bool EmulatesNetwork { get; init; }

    /// <summary>Of one layer in a step.</summary>
    public required double LayerSeconds { get; init; }

    /// <summary>Eight layers that fill a device by fours, so that a replica takes two devices.</summary>
    public static ModelSpec Model { get; } =
        SyntheticModel.Spec("synthetic", layers: 8, width: 2048, layerBytes: 256L << 20, kvBytesPerToken: 2048, contextTokens: 4096);

    public static DeviceSpec Device(string id) => new() { Id = id, MemoryBytes = 1792L << 20 };
}
