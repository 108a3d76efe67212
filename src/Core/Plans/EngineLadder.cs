using System.Collections.Immutable;

namespace E2LLM.Core.Plans;

/// <summary>The engine settings among which a planner chooses for each replica, where nobody has chosen.</summary>
/// <remarks>
/// Each rung doubles the sequences, so that a replica has more than half of what its memory would hold. Beyond 128 a step of small devices takes
/// longer than readers wait for a token.
/// </remarks>
public static class EngineLadder
{
    /// <summary>Sequences at once, ascending.</summary>
    public static ImmutableArray<int> Sequences { get; } = [4, 8, 16, 32, 64, 128];

    /// <summary>Element types of the KV cache; the first changes no answer.</summary>
    public static ImmutableArray<KvCacheType> KvTypes { get; } = [KvCacheType.F16, KvCacheType.Q8_0];

    /// <summary>All rungs, but for those of more sequences than a step has rows.</summary>
    /// <param name="engine">What the rungs have in common, and what is fixed.</param>
    /// <param name="cellsPerSequence">KV cells for each sequence; a rung has enough for one of the longest. Null: <paramref name="engine"/> fixes the cells.</param>
    /// <param name="fixesSequences">Whether <paramref name="engine"/> fixes the sequences.</param>
    /// <param name="fixesKvType">Whether <paramref name="engine"/> fixes the KV type.</param>
    public static ImmutableArray<EngineSettings> Of(EngineSettings engine, int? cellsPerSequence, bool fixesSequences, bool fixesKvType)
    {
        ArgumentNullException.ThrowIfNull(engine);
        var rungs = fixesSequences ? [engine] : Sequences.Where(count => count == Sequences[0] || count <= engine.MaxStepTokens).Select(count => engine with
        {
            MaxSequences = count,
            KvCells = cellsPerSequence is { } cells ? (int)Math.Clamp(Math.Max((long)count * cells, engine.MaxSequenceTokens), 1, 1 << 24) : engine.KvCells,
        });
        return [.. (fixesKvType ? [engine.KvType] : KvTypes).SelectMany(kvType => rungs.Select(rung => rung with { KvType = kvType }))];
    }
}
