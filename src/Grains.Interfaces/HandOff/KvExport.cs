using System.Collections.Immutable;
using E2LLM.Core.HandOff;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>Positions of a slot that a stage shall send.</summary>
[GenerateSerializer, Alias("E2LLM.KvExport"), Immutable]
public sealed record KvExport
{
    /// <summary>The same for all exports of one sending; higher for later sendings of the replica.</summary>
    [Id(0)] public required long SendingId { get; init; }

    [Id(1)] public required int Sequence { get; init; }

    [Id(2)] public required int FromPosition { get; init; }

    /// <summary>One past the last.</summary>
    [Id(3)] public required int ToPosition { get; init; }

    /// <summary>Whether these are the last positions: the call then ends when the receivers have everything.</summary>
    [Id(4)] public required bool IsLast { get; init; }

    /// <summary>Where the layers go that lie within the stage's layers.</summary>
    [Id(5)] public required ImmutableArray<KvTarget> Targets { get; init; }
}
