using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Batching;

/// <summary>
/// News of a request. Every accepted request gets exactly one update whose chunk carries a finish reason, as its last; only one that
/// is released after its hand-off ends without.
/// </summary>
/// <param name="RequestId">Its id.</param>
/// <param name="Chunk">
/// New tokens of its answer, how it ended, or both; without a timeline, which is its owner's to add. Empty where only the prefill
/// progressed.
/// </param>
/// <param name="Prefill">Set on updates of running <see cref="RunMode.PrefillOnly"/> requests: what can be exported now.</param>
public readonly record struct RequestUpdate(string RequestId, TokenChunk Chunk, PrefillProgress? Prefill = null);
