using System.Collections.Immutable;
using E2LLM.Core.Engines;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>What the sampler of a slot remembers: what it was opened with, and what it drew from rows that are still there.</summary>
internal sealed record SamplerModel(SequenceCommand Open)
{
    public ImmutableArray<(int Position, int Token)> Drawn { get; init; } = [];

    public SamplerModel Truncate(int fromPosition) => this with { Drawn = Drawn.RemoveAll(draw => draw.Position >= fromPosition) };

    public SamplerModel Draw(int position, int token) => this with { Drawn = Drawn.Add((position, token)) };

    /// <summary>Null, or how its memory differs from the text that it is to go on with.</summary>
    public string? FindGap(List<int> text)
    {
        int[] answer = [.. Open.Answer, .. Drawn.Select(draw => draw.Token)];
        if (answer.Length > text.Count || !answer.SequenceEqual(text[^answer.Length..]))
            return $"the sampler of slot {Open.Sequence} takes another answer for its own";
        if (!Open.Sampling!.HasPenalties)
            return null;
        var looksBack = Open.Sampling.PenaltyLastTokens;
        return Open.PenaltyTokens.Concat(answer).TakeLast(looksBack).SequenceEqual(text.TakeLast(looksBack))
            ? null
            : $"the sampler of slot {Open.Sequence} penalises other tokens than the latest";
    }
}
