namespace E2LLM.Core.Fleets;

/// <summary>A measured chunk of prefill: how long one layer takes for so many tokens of one sequence.</summary>
[GenerateSerializer, Alias("E2LLM.PrefillPoint"), Immutable]
public readonly record struct PrefillPoint([property: Id(0)] int ChunkTokens, [property: Id(1)] double SecondsPerLayer);
