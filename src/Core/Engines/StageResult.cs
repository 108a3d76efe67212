using System.Collections.Immutable;
using E2LLM.Core.Buffers;

namespace E2LLM.Core.Engines;

/// <summary>What a step gave.</summary>
public sealed record StageResult
{
    /// <summary>Hidden states for the next stage, [rows, n_embd], in row order; null on the last stage or without rows. The caller disposes it.</summary>
    public TensorBuffer? Hidden { get; init; }

    /// <summary>Last stage: one token per output row, in row order.</summary>
    public ImmutableArray<int> SampledTokens { get; init; } = [];

    /// <summary>Time the engine's worker spent, emulated slowdown included.</summary>
    public double ComputeSeconds { get; init; }
}
