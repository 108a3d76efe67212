using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Fleets;

/// <summary>What becomes of a silo's offer.</summary>
[GenerateSerializer, Alias("E2LLM.OfferAnswer"), Immutable]
public sealed record OfferAnswer
{
    /// <summary>A later process of the same silo has made its offer already.</summary>
    [Id(0)] public bool IsOutdated { get; init; }

    /// <summary>Devices that another silo has, by that silo's name: they are not taken from it while it lives.</summary>
    [Id(1)] public ImmutableDictionary<string, string> Contested { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>What a silo that is still there is to do.</summary>
[GenerateSerializer, Alias("E2LLM.RenewAnswer"), Immutable]
public sealed record RenewAnswer
{
    /// <summary>Its offer is not known (any more): make it again.</summary>
    [Id(0)] public bool MustOffer { get; init; }

    /// <summary>A device of another silo to which the network is to be measured; empty: none.</summary>
    [Id(1)] public string MeasureTo { get; init; } = "";

    /// <summary>Name of that device's silo.</summary>
    [Id(2)] public string MeasureToSilo { get; init; } = "";
}
