namespace E2LLM.Scheduling.Routing;

/// <summary>Seconds that a KV cache takes from one replica to another; the slowest link between stages with common layers counts.</summary>
/// <param name="prefill">Index of the replica that has it.</param>
/// <param name="decoder">Index of the replica that needs it.</param>
/// <param name="promptTokens">Its positions; or those of several, one after the other.</param>
public delegate double KvTransferSeconds(int prefill, int decoder, long promptTokens);
