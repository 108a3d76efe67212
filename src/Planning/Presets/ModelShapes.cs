using System.Collections.Frozen;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Planning.Presets;

/// <summary>Models by shape alone, for planning without a file. Sizes are of the usual GGUF files, rounded.</summary>
public static class ModelShapes
{
    private static readonly FrozenDictionary<string, ModelSpec> ByName = new[]
    {
        // Layer: 26.5 M attention weights in 8 bits and 32 experts in MXFP4, of which a token reads 4. Every other layer has a window of
        // 128 tokens, the first one, too; its KV cache takes as much memory as any, because the engines keep all of it.
        Shape("gpt-oss-20b", "gpt-oss", 24, 2880, 201_088, 131_072, 453_000_000, 2048, 615_000_000, 615_000_000, 252e6, activeBytes: 81_000_000) with
        {
            LayerWindowTokens = [.. Enumerable.Range(0, 24).Select(layer => layer % 2 == 0 ? 128 : 0)],
            // As the default runtime has to cut it; LlamaRuntimes.CutAs says how another one can.
            CutPeriodLayers = 2,
        },
        Shape("llama-3-8b-q4", "llama", 32, 4096, 128_256, 8192, 131_000_000, 4096, 431_000_000, 295_000_000, 436e6),
        Shape("llama-3-70b-q4", "llama", 80, 8192, 128_256, 8192, 512_000_000, 4096, 862_000_000, 591_000_000, 1712e6),
        Shape("qwen-2.5-7b-q4", "qwen2", 28, 3584, 152_064, 32_768, 139_000_000, 2048, 447_000_000, 307_000_000, 466e6),
        Shape("e2llm-demo", "llama", 8, 192, 2048, 384, 432_384, 384, 418_560, 417_792, 811e3),
    }.ToFrozenDictionary(model => model.Id, StringComparer.Ordinal);

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    public static ModelSpec? Find(string name) => ByName.GetValueOrDefault(name);

    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static ModelSpec Get(string name) => Find(name)
        ?? throw new ConfigurationException($"model shape is '{name}', must be one of: {string.Join(", ", Names)}.");

    private static ModelSpec Shape(
        string id, string architecture, int layers, int embeddingLength, int vocabulary, int contextTokens, long layerBytes, long kvBytesPerToken,
        long headBytes, long embeddingBytes, double layerFlops, long activeBytes = 0) => new()
    {
        Id = id,
        Architecture = architecture,
        ContextLengthTokens = contextTokens,
        EmbeddingLength = embeddingLength,
        VocabularySize = vocabulary,
        LayerBytes = [.. Enumerable.Repeat(layerBytes, layers)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(kvBytesPerToken, layers)],
        HeadBytes = headBytes,
        EmbeddingBytes = embeddingBytes,
        LayerFlopsPerToken = [.. Enumerable.Repeat(layerFlops, layers)],
        LayerActiveBytes = activeBytes == 0 ? [] : [.. Enumerable.Repeat(activeBytes, layers)],
    };
}
