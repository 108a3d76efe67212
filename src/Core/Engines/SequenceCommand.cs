using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Core.Engines;

/// <summary>A change to a sequence slot, applied by every stage in step order.</summary>
[GenerateSerializer, Alias("E2LLM.SequenceCommand"), Immutable]
public sealed record SequenceCommand
{
    [Id(0)] public required SequenceCommandKind Kind { get; init; }

    /// <summary>Slot, 0 to the replica's MaxSequences - 1.</summary>
    [Id(1)] public required int Sequence { get; init; }

    /// <summary>Truncate: the first position that is forgotten.</summary>
    [Id(2)] public int FromPosition { get; init; }

    /// <summary>Open: how the last stage samples.</summary>
    [Id(3)] public SamplingOptions? Sampling { get; init; }

    /// <summary>Open: the latest prompt tokens that the penalties look at; empty without penalties.</summary>
    [Id(4)] public ImmutableArray<int> PenaltyTokens { get; init; } = [];

    /// <summary>Copy: the slot that holds the positions. It may go on, be truncated or be closed without effect on the copy.</summary>
    [Id(5)] public int FromSequence { get; init; }

    /// <summary>Copy: how many positions, from 0; at least 1, and at most what the other slot holds.</summary>
    [Id(6)] public int Positions { get; init; }

    public static SequenceCommand Open(int sequence, SamplingOptions sampling, ImmutableArray<int> penaltyTokens = default) =>
        new()
        {
            Kind = SequenceCommandKind.Open,
            Sequence = sequence,
            Sampling = sampling,
            PenaltyTokens = penaltyTokens.IsDefault ? [] : penaltyTokens,
        };

    public static SequenceCommand Truncate(int sequence, int fromPosition) =>
        new() { Kind = SequenceCommandKind.Truncate, Sequence = sequence, FromPosition = fromPosition };

    public static SequenceCommand Close(int sequence) => new() { Kind = SequenceCommandKind.Close, Sequence = sequence };

    public static SequenceCommand Copy(int sequence, int fromSequence, int positions) =>
        new() { Kind = SequenceCommandKind.Copy, Sequence = sequence, FromSequence = fromSequence, Positions = positions };
}
