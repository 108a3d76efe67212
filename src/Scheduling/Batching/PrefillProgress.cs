using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Batching;

/// <summary>Positions of a <see cref="RunMode.PrefillOnly"/> request that every stage holds now, beyond those of the last progress.</summary>
/// <param name="Sequence">The slot to export them from.</param>
/// <param name="FromPosition">The first one; 0 for the second time when the cache was lost and the prompt is read again.</param>
/// <param name="ToPosition">One past the last.</param>
/// <param name="IsHeld">Whether this is the whole prompt: the slot is held until it is released.</param>
public readonly record struct PrefillProgress(int Sequence, int FromPosition, int ToPosition, bool IsHeld);
