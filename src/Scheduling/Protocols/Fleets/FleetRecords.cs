using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Scheduling.Protocols.Fleets;

/// <summary>What is remembered of a fleet while nobody looks after it.</summary>
public sealed record FleetRecords
{
    /// <summary>The latest of each silo, by the silos' names.</summary>
    public ImmutableSortedDictionary<string, SiloOffer> Offers { get; init; } = ImmutableSortedDictionary.Create<string, SiloOffer>(StringComparer.Ordinal);

    /// <summary>Whether anything was ever planned with.</summary>
    public bool HasBegun { get; init; }

    /// <summary>By device.</summary>
    public ImmutableSortedDictionary<string, OrderedDevice> Orders { get; init; } = ImmutableSortedDictionary.Create<string, OrderedDevice>(StringComparer.Ordinal);
}
