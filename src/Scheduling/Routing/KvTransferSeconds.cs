namespace E2LLM.Scheduling.Routing;

/// <summary>Seconds that a KV cache takes from one replica to another; the slowest link between stages with common layers counts.</summary>
/// <param name="prefill">The replica that has it.</param>
/// <param name="decoder">The replica that needs it.</param>
/// <param name="promptTokens">Its positions; or those of several, one after the other.</param>
public delegate double KvTransferSeconds(ReplicaLoad prefill, ReplicaLoad decoder, long promptTokens);
