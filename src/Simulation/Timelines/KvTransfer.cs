namespace E2LLM.Simulation.Timelines;

/// <summary>A KV cache, or what is left of it when its prompt has been read, travels from one replica to another. Others may be on the same way.</summary>
/// <param name="FromReplica">Name within the plan.</param>
/// <param name="ToReplica">Name within the plan.</param>
/// <param name="Request">Number of the request, in the order of arrival from 0.</param>
/// <param name="FromSeconds">Virtual time at which its prompt has been read and a slot waits for it.</param>
/// <param name="ToSeconds">Virtual time at which the decoder has all of it.</param>
/// <param name="Bytes">Of the whole cache.</param>
public readonly record struct KvTransfer(string FromReplica, string ToReplica, long Request, double FromSeconds, double ToSeconds, double Bytes);
