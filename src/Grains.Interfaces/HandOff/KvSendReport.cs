namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>What a sending took.</summary>
/// <param name="Bytes">K and V of all layers.</param>
/// <param name="Seconds">
/// Waits for the bytes to be taken and, at the end, for the receivers to have all of them. What leaves while the next rows are being
/// computed costs nobody anything and is not in it.
/// </param>
[GenerateSerializer, Alias("E2LLM.KvSendReport"), Immutable]
public readonly record struct KvSendReport([property: Id(0)] long Bytes, [property: Id(1)] double Seconds);
