namespace E2LLM.Core.Plans;

/// <summary>What an answer must keep to count into the goodput, and for how many of them a rate is good.</summary>
[GenerateSerializer, Alias("E2LLM.ServiceTargets"), Immutable]
public sealed record ServiceTargets
{
    /// <summary>Longest time from arrival to the first token. Above 0.</summary>
    [Id(0)] public double TtftSeconds { get; init; } = 2;

    /// <summary>Longest mean time between the tokens after it. Above 0.</summary>
    [Id(1)] public double TpotSeconds { get; init; } = 0.1;

    /// <summary>Share of the requests that must meet both. Above 0, below 1.</summary>
    [Id(2)] public double Share { get; init; } = 0.9;
}
