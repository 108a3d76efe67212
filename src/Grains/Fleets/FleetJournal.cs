using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Grains.Fleets;

/// <summary>What is stored of a fleet: <see cref="FleetRecords"/>.</summary>
[GenerateSerializer, Alias("E2LLM.FleetJournal")]
public sealed class FleetJournal
{
    [Id(0)] public ImmutableArray<SiloOffer> Offers { get; set; } = [];

    [Id(1)] public ImmutableDictionary<string, OrderedDevice> Orders { get; set; } = ImmutableDictionary<string, OrderedDevice>.Empty;

    [Id(2)] public bool HasBegun { get; set; }

    public FleetRecords Read() => new()
    {
        HasBegun = HasBegun,
        Offers = Offers.ToImmutableSortedDictionary(offer => offer.Silo, offer => offer, StringComparer.Ordinal),
        Orders = Orders.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    public void Write(FleetRecords records) => 
        (Offers, Orders, HasBegun) = ([.. records.Offers.Values], records.Orders.ToImmutableDictionary(), records.HasBegun);
}
