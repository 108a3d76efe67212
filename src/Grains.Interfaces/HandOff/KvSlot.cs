namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>A slot that waits for a cache: the same on all stages of a replica, and at no other time.</summary>
/// <param name="OpenedInStep">The step that opens it.</param>
/// <param name="Sequence">Its number in the engines.</param>
[GenerateSerializer, Alias("E2LLM.KvSlot"), Immutable]
public readonly record struct KvSlot([property: Id(0)] long OpenedInStep, [property: Id(1)] int Sequence);
