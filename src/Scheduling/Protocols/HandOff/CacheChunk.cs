namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>Positions of a slot.</summary>
/// <param name="Sequence">The slot.</param>
/// <param name="FromPosition">The first one.</param>
/// <param name="ToPosition">One past the last.</param>
/// <param name="IsLast">Whether nothing follows.</param>
public readonly record struct CacheChunk(int Sequence, int FromPosition, int ToPosition, bool IsLast);
