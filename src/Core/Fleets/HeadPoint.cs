namespace E2LLM.Core.Fleets;

/// <summary>A measured output head: how long it takes for so many rows of one step, its weights read once for all of them.</summary>
[GenerateSerializer, Alias("E2LLM.HeadPoint"), Immutable]
public readonly record struct HeadPoint([property: Id(0)] int Rows, [property: Id(1)] double Seconds);
