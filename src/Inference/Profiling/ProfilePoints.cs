using System.Collections.Immutable;

namespace E2LLM.Inference.Profiling;

/// <summary>The sizes at which devices are timed.</summary>
internal static class ProfilePoints
{
    /// <summary>Tokens that every sequence of a decode step holds already.</summary>
    public const int ContextTokens = 16;

    /// <summary>A model whose context is shorter cannot be timed: the step is behind those that are held.</summary>
    public const int LeastContextTokens = ContextTokens + 1;

    public static ImmutableArray<int> ChunkTokens { get; } = [1, 16, 64, 256];

    public static ImmutableArray<int> BatchSequences { get; } = [1, 4, 8, 16];
}
