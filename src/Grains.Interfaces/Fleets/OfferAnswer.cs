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
