using E2LLM.Core.Fleets;
using E2LLM.Grains.Interfaces.Weights;

namespace E2LLM.Grains.Interfaces.Fleets;

/// <summary>A device of a fleet.</summary>
[GenerateSerializer, Alias("E2LLM.FleetDevice"), Immutable]
public sealed record FleetDevice
{
    [Id(0)] public required DeviceSpec Spec { get; init; }

    /// <summary>Name of the silo that hosts it.</summary>
    [Id(1)] public required string Silo { get; init; }

    /// <summary>Of the silo's process.</summary>
    [Id(2)] public required long Incarnation { get; init; }

    [Id(3)] public required DeviceState State { get; init; }

    /// <summary>Seconds since its silo was heard of.</summary>
    [Id(4)] public required double SilentSeconds { get; init; }

    /// <summary>What its silo has of the model's weights, and what is on its way there; null: it has not said.</summary>
    [Id(5)] public SiloWeights? Weights { get; init; }
}
