namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>Who serves a request.</summary>
/// <param name="PrefillKey">Grain key of the replica that reads the prompt.</param>
/// <param name="DecoderKey">Grain key of the replica that writes the answer; null where the first one does both.</param>
[GenerateSerializer, Alias("E2LLM.ReplicaRoute"), Immutable]
public sealed record ReplicaRoute([property: Id(0)] string PrefillKey, [property: Id(1)] string? DecoderKey);
