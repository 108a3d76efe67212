using E2LLM.Core.Configuration;

namespace E2LLM.Core.Plans;

/// <summary>
/// Settings that every stage of a replica shares. Each of them can change the bits of a logit, so the plan carries them and no
/// device chooses for itself.
/// </summary>
[GenerateSerializer, Alias("E2LLM.EngineSettings"), Immutable]
public sealed record EngineSettings
{
    /// <summary>Cells of the KV cache: tokens of all sequences of the replica together.</summary>
    [Id(0), OptionRange(1, 1 << 24, Unit = "cells")] public int KvCells { get; init; } = 2048;

    /// <summary>Sequences that may be open at once: llama.cpp has 256 sequences, and exports take one.</summary>
    [Id(1), OptionRange(1, 255, Unit = "requests")] public int MaxSequences { get; init; } = 8;

    /// <summary>Rows of one step: decode rows and chunked prefill together.</summary>
    [Id(2), OptionRange(1, 8192)] public int MaxStepTokens { get; init; } = 256;

    /// <summary>Tokens of one sequence: prompt and answer together; the model's trained context at most.</summary>
    [Id(3), OptionRange(1, 1 << 24)] public int MaxSequenceTokens { get; init; } = 2048;

    [Id(4)] public bool FlashAttention { get; init; } = true;

    [Id(5)] public KvCacheType KvType { get; init; } = KvCacheType.F16;

    /// <summary>Whether weights are re-ordered at load for this CPU (llama.cpp's extra buffer types): faster, twice the memory.</summary>
    [Id(6)] public bool Repack { get; init; } = true;
}
