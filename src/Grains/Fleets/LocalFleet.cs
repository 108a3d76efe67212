using E2LLM.Core.Fleets;

namespace E2LLM.Grains.Fleets;

/// <summary>What this silo brings to the fleet of a model.</summary>
public sealed record LocalFleet
{
    public required string ModelId { get; init; }

    /// <summary>The devices that the silo hosts, and all links that are declared, also those of other silos' devices.</summary>
    public required FleetSpec Fleet { get; init; }

    /// <summary>As <see cref="SiloOffer.EmulatesNetwork"/>.</summary>
    public bool EmulatesNetwork { get; init; }

    /// <summary>When the silo's owner offers its devices.</summary>
    public OfferHours Hours { get; init; } = OfferHours.Always;
}
