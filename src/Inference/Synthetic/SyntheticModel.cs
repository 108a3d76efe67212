using System.Collections.Immutable;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Inference.Sampling;

namespace E2LLM.Inference.Synthetic;

/// <summary>
/// The arithmetic of a model that has no weights. Every layer keeps a running hash of all that it was given for a sequence, in the
/// place of a KV cache, and hands its hash on. A token is thus a function of the whole history: a sequence mixed up, a cell lost or a
/// row out of order gives other tokens, while the cut into slices gives the same, as with real models.
/// </summary>
public static class SyntheticModel
{
    /// <summary>Ends an answer. Never drawn.</summary>
    public const int EndToken = 0;

    internal const ulong EmptyHistory = 0x243F6A8885A308D3;

    /// <summary>A model's facts, for catalogs and planners.</summary>
    /// <param name="id">The name that clients ask for.</param>
    /// <param name="layers">At least 1.</param>
    /// <param name="width">n_embd, at least 4.</param>
    /// <param name="vocabularySize">At least <see cref="SyntheticTokenizer.FirstWordToken"/> + 1.</param>
    /// <param name="layerBytes">Weight bytes that every layer claims to have.</param>
    /// <param name="kvBytesPerToken">KV bytes that every layer claims to need for a token.</param>
    /// <param name="contextTokens">Trained context.</param>
    public static ModelSpec Spec(
        string id, int layers = 8, int width = 64, int vocabularySize = 1024, long layerBytes = 1 << 20, long kvBytesPerToken = 256,
        int contextTokens = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, HiddenCode.Values);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(vocabularySize, SyntheticTokenizer.FirstWordToken);
        return new ModelSpec
        {
            Id = id,
            Architecture = "synthetic",
            ContextLengthTokens = contextTokens,
            EmbeddingLength = width,
            VocabularySize = vocabularySize,
            LayerBytes = [.. Enumerable.Repeat(layerBytes, layers)],
            LayerKvBytesPerToken = [.. Enumerable.Repeat(kvBytesPerToken, layers)],
            HeadBytes = layerBytes,
            EmbeddingBytes = layerBytes,
        };
    }

    /// <summary>The answer that correct stages give, whatever the cut, the chunks and the batches.</summary>
    /// <param name="model">What <see cref="Spec"/> made.</param>
    /// <param name="prompt">At least one token.</param>
    /// <param name="count">Tokens wanted.</param>
    /// <param name="sampling">As in the request.</param>
    public static ImmutableArray<int> ExpectedTokens(ModelSpec model, IReadOnlyList<int> prompt, int count, SamplingOptions sampling)
    {
        var histories = new ulong[model.LayerCount];
        Array.Fill(histories, EmptyHistory);
        var answer = ImmutableArray.CreateBuilder<int>(count);
        for (var position = 0; position < prompt.Count + count - 1; position++)
        {
            var value = (ulong)(position < prompt.Count ? prompt[position] : answer[position - prompt.Count]);
            for (var layer = 0; layer < histories.Length; layer++)
                value = histories[layer] = Extend(histories[layer], value, layer);
            if (position >= prompt.Count - 1)
                answer.Add(Draw(value, sampling, position, model.VocabularySize));
        }
        return answer.DrainToImmutable();
    }

    /// <summary>What a layer holds for a sequence after one more row, which is also what it hands on.</summary>
    internal static ulong Extend(ulong history, ulong value, int layer) =>
        Mix(history ^ Mix(value + ((ulong)layer << 32) + 0x9E3779B97F4A7C15));

    internal static int Draw(ulong value, SamplingOptions sampling, int position, int vocabularySize)
    {
        if (sampling.Temperature >= SequenceSampler.GreedyBelowTemperature)
            value = Mix(value ^ Mix(((ulong)sampling.Seed << 32) | (uint)position));
        return 1 + (int)(value % (ulong)(vocabularySize - 1));
    }

    // SplitMix64's finaliser.
    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
        return bits ^ bits >> 31;
    }
}
