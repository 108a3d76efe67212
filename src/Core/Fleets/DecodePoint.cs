namespace E2LLM.Core.Fleets;

/// <summary>A measured decode step: how long one layer takes for one token of each of so many sequences.</summary>
[GenerateSerializer, Alias("E2LLM.DecodePoint"), Immutable]
public readonly record struct DecodePoint(
    [property: Id(0)] int BatchSequences,
    [property: Id(1)] int ContextTokens,
    [property: Id(2)] double SecondsPerLayer);
