namespace E2LLM.Grains.Interfaces.Fleets;

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
