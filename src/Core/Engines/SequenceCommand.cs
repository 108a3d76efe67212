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

    /// <summary>Open: the latest tokens of the prompt that the penalties look at; empty without penalties.</summary>
    [Id(4)] public ImmutableArray<int> PenaltyTokens { get; init; } = [];

    /// <summary>Copy: the slot that holds the positions. It may go on, be truncated or be closed without effect on the copy.</summary>
    [Id(5)] public int FromSequence { get; init; }

    /// <summary>Copy: how many positions, from 0; at least 1, and at most what the other slot holds.</summary>
    [Id(6)] public int Positions { get; init; }

    /// <summary>
    /// Open: the whole answer so far, where it goes on that was begun elsewhere or before. The sampler goes on as if it had drawn these
    /// tokens itself; their rows come like those of the prompt.
    /// </summary>
    [Id(7)] public ImmutableArray<int> Answer { get; init; } = [];

    public static SequenceCommand Open(
        int sequence, SamplingOptions sampling, ImmutableArray<int> penaltyTokens = default, ImmutableArray<int> answer = default) =>
        new()
        {
            Kind = SequenceCommandKind.Open,
            Sequence = sequence,
            Sampling = sampling,
            PenaltyTokens = penaltyTokens.IsDefault ? [] : penaltyTokens,
            Answer = answer.IsDefault ? [] : answer,
        };

    /// <summary>Opens a slot for a request.</summary>
    /// <param name="sequence">Slot.</param>
    /// <param name="request">How it samples, and its prompt.</param>
    /// <param name="answer">Its whole answer so far, what others have written of it included.</param>
    public static SequenceCommand Open(int sequence, GenerationRequest request, ImmutableArray<int> answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (sampling, prompt) = (request.Sampling, request.PromptTokens);
        var written = answer.IsDefault ? 0 : answer.Length;
        var count = sampling.HasPenalties ? Math.Clamp(sampling.PenaltyLastTokens - written, 0, prompt.Length) : 0;
        return Open(sequence, sampling, prompt[^count..], answer);
    }

    public static SequenceCommand Truncate(int sequence, int fromPosition) =>
        new() { Kind = SequenceCommandKind.Truncate, Sequence = sequence, FromPosition = fromPosition };

    public static SequenceCommand Close(int sequence) => new() { Kind = SequenceCommandKind.Close, Sequence = sequence };

    public static SequenceCommand Copy(int sequence, int fromSequence, int positions) =>
        new() { Kind = SequenceCommandKind.Copy, Sequence = sequence, FromSequence = fromSequence, Positions = positions };
}
