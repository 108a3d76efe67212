using System.Collections.Immutable;

namespace E2LLM.Core.Fleets;

/// <summary>What a silo brings to a fleet: the devices that it hosts, and the links that its owner knows of.</summary>
[GenerateSerializer, Alias("E2LLM.SiloOffer"), Immutable]
public sealed record SiloOffer
{
    /// <summary>Name of the silo, the same after each of its starts.</summary>
    [Id(0)] public required string Silo { get; init; }

    /// <summary>Of the silo's process: a later start has a higher one.</summary>
    [Id(1)] public required long Incarnation { get; init; }

    /// <summary>
    /// The devices that the silo hosts, maybe none. Links may name devices of other silos; what is said of pairs of which either is not there
    /// waits until it is.
    /// </summary>
    [Id(2)] public required FleetSpec Fleet { get; init; }

    /// <summary>Whether links to devices of other silos are emulated, as between processes of one machine, instead of taken for a real network's.</summary>
    [Id(3)] public bool EmulatesNetwork { get; init; }

    /// <summary>Ids of the devices that their owner does not offer at this hour.</summary>
    [Id(4)] public ImmutableArray<string> Withheld { get; init; } = [];
}
