using System.Collections.Immutable;

namespace E2LLM.Inference.Kv;

/// <summary>Layers whose K and V llama.cpp keeps in one cache with cells of its own.</summary>
/// <param name="Layers">Counted from the slice's first layer, in order; may be empty.</param>
/// <param name="WindowTokens">Tokens of the layers' sliding window; 0 for full attention.</param>
internal sealed record KvLayerGroup(ImmutableArray<int> Layers, int WindowTokens)
{
    /// <summary>The first position that a sequence of this length still needs.</summary>
    public int FirstNeeded(int length) => WindowTokens == 0 ? 0 : Math.Max(0, length - WindowTokens);
}
