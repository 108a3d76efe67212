namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>What a sending took.</summary>
/// <param name="Bytes">K and V of all layers.</param>
/// <param name="Seconds">On the way, without the waits for the prompt to be read.</param>
[GenerateSerializer, Alias("E2LLM.KvSendReport"), Immutable]
public readonly record struct KvSendReport([property: Id(0)] long Bytes, [property: Id(1)] double Seconds);
