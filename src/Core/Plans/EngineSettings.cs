namespace E2LLM.Core.Plans;

/// <summary>
/// Settings that every stage of a replica shares. Each of them can change the bits of a logit, so the plan carries them and no
/// device chooses for itself.
/// </summary>
[GenerateSerializer, Alias("E2LLM.EngineSettings"), Immutable]
public sealed record EngineSettings
{
    /// <summary>Cells of the KV cache: tokens of all sequences of the replica together. 1 to 16,777,216.</summary>
    [Id(0)] public int KvCells { get; init; } = 2048;

    /// <summary>Sequences that may be open at once. 1 to 255: llama.cpp has 256 sequences, and exports take one.</summary>
    [Id(1)] public int MaxSequences { get; init; } = 8;

    /// <summary>Rows of one step: decode rows and chunked prefill together. 1 to 8,192.</summary>
    [Id(2)] public int MaxStepTokens { get; init; } = 256;

    /// <summary>Tokens of one sequence: prompt and answer together. 1 to the model's trained context.</summary>
    [Id(3)] public int MaxSequenceTokens { get; init; } = 2048;

    [Id(4)] public bool FlashAttention { get; init; } = true;

    [Id(5)] public KvCacheType KvType { get; init; } = KvCacheType.F16;

    /// <summary>Whether weights are re-ordered at load for this CPU (llama.cpp's extra buffer types): faster, twice the memory.</summary>
    [Id(6)] public bool Repack { get; init; } = true;
}
