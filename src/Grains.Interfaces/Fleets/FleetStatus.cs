using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Grains.Interfaces.Fleets;

/// <summary>The devices of a fleet.</summary>
[GenerateSerializer, Alias("E2LLM.FleetStatus"), Immutable]
public sealed record FleetStatus
{
    /// <summary>By their silos' names.</summary>
    [Id(0)] public ImmutableArray<FleetDevice> Devices { get; init; } = [];

    /// <summary>The fleet that plans are made with; null before the first.</summary>
    [Id(1)] public FleetSpec? Fleet { get; init; }
}
