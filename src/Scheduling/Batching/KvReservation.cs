using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Batching;

/// <summary>
/// An open, empty slot that waits for the KV cache of a <see cref="RunMode.DecodeOnly"/> request. When the slot has to be opened anew,
/// the next step names a new reservation, and what was sent for the old one is void.
/// </summary>
/// <param name="RequestId">Whose cache it waits for.</param>
/// <param name="Sequence">The slot.</param>
/// <param name="StepNumber">The step that opens the slot: stages take the cache in after it.</param>
public readonly record struct KvReservation(string RequestId, int Sequence, long StepNumber);
