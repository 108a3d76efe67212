using E2LLM.Core.Engines;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>Puts a cache that has arrived into its slot.</summary>
[GenerateSerializer, Alias("E2LLM.KvImport"), Immutable]
public sealed record KvImport
{
    /// <summary>Where nothing is put once the slot has been given away.</summary>
    [Id(0)] public required KvSlot Slot { get; init; }

    [Id(1)] public required int Positions { get; init; }

    /// <summary>
    /// Opens the slot once more: its sampler must know the first token, which was drawn elsewhere, and which nobody knew when the slot
    /// was reserved.
    /// </summary>
    [Id(2)] public required SequenceCommand Open { get; init; }
}
