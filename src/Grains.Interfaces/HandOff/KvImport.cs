using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>Puts a cache that has arrived into its slot.</summary>
[GenerateSerializer, Alias("E2LLM.KvImport"), Immutable]
public sealed record KvImport
{
    /// <summary>The transfers that bring the stage's layers.</summary>
    [Id(0)] public required ImmutableArray<Guid> TransferIds { get; init; }

    /// <summary>The step that opened the slot: in a slot that has been given away since, nothing is put.</summary>
    [Id(1)] public required long OpenedInStep { get; init; }

    [Id(2)] public required int Positions { get; init; }

    /// <summary>
    /// Opens the slot once more: its sampler must know the first token, which was drawn elsewhere, and which nobody knew when the slot
    /// was reserved.
    /// </summary>
    [Id(3)] public required SequenceCommand Open { get; init; }
}
