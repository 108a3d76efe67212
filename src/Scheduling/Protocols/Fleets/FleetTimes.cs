using E2LLM.Core.Configuration;

namespace E2LLM.Scheduling.Protocols.Fleets;

/// <summary>How long a fleet waits for its silos. Section "E2LLM:Fleet".</summary>
public sealed record FleetTimes
{
    public const string Section = "E2LLM:Fleet";

    /// <summary>After which a silo that says nothing counts as missing. It says something four times as often.</summary>
    [OptionRange(0.4, 600)]
    public double LeaseSeconds { get; init; } = 10;

    /// <summary>How long plans still count on the devices of a missing silo, which may only be starting anew.</summary>
    [OptionRange(0, 86_400)]
    public double AwaySeconds { get; init; } = 30;

    /// <summary>
    /// How long after a change the next one is waited for before the fleet is planned anew. Nobody waits once every live silo has made its
    /// offer.
    /// </summary>
    [OptionRange(0, 600)]
    public double SettleSeconds { get; init; } = 2;

    /// <summary>Silos that a cluster has at least: nothing is planned for the first time before so many have made their offers, and after a power cut they are waited for.</summary>
    [OptionRange(1, 10_000, Unit = "silos")]
    public int MinimumSilos { get; init; } = 1;
}
