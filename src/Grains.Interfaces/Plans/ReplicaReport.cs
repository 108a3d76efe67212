namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>A replica that has taken itself out of service.</summary>
/// <param name="ReplicaKey">Its grain's key.</param>
/// <param name="Reason">For people: what failed, on which device.</param>
[GenerateSerializer, Alias("E2LLM.ReplicaReport"), Immutable]
public sealed record ReplicaReport([property: Id(0)] string ReplicaKey, [property: Id(1)] string Reason);
