using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.RandomModels;

/// <summary>Shapes of well-known models, and tiny ones of every supported architecture.</summary>
public static class ModelShapes
{
    private const int LlamaVocabulary = 128_256;
    private const int QwenVocabulary = 151_936;

    public static ImmutableArray<ModelShape> All { get; } =
    [
        new()
        {
            Name = "llama-3.2-1b", Architecture = "llama", RopeBase = 500_000, IsTied = true, HasRopeFactors = true,
            Sizes = Dense(16, 2048, 32, 8, 64, 8192, LlamaVocabulary, 131_072),
        },
        new()
        {
            Name = "llama-3.2-3b", Architecture = "llama", RopeBase = 500_000, IsTied = true, HasRopeFactors = true,
            Sizes = Dense(28, 3072, 24, 8, 128, 8192, LlamaVocabulary, 131_072),
        },
        new()
        {
            Name = "llama-3.1-8b", Architecture = "llama", RopeBase = 500_000, HasRopeFactors = true,
            Sizes = Dense(32, 4096, 32, 8, 128, 14_336, LlamaVocabulary, 131_072),
        },
        new()
        {
            Name = "mistral-7b", Architecture = "llama", RopeBase = 1_000_000,
            Sizes = Dense(32, 4096, 32, 8, 128, 14_336, 32_768, 32_768),
        },
        new()
        {
            Name = "qwen2.5-0.5b", Architecture = "qwen2", RopeBase = 1_000_000, IsTied = true, HasQkvBias = true,
            Sizes = Dense(24, 896, 14, 2, 64, 4864, QwenVocabulary, 32_768),
        },
        new()
        {
            Name = "qwen2.5-1.5b", Architecture = "qwen2", RopeBase = 1_000_000, IsTied = true, HasQkvBias = true,
            Sizes = Dense(28, 1536, 12, 2, 128, 8960, QwenVocabulary, 32_768),
        },
        new()
        {
            Name = "qwen3-0.6b", Architecture = "qwen3", RopeBase = 1_000_000, IsTied = true,
            Sizes = Dense(28, 1024, 16, 8, 128, 3072, QwenVocabulary, 40_960),
        },
        new()
        {
            Name = "gemma-3-1b", Architecture = "gemma3", RopeBase = 1_000_000, RopeBaseSlidingWindow = 10_000, IsTied = true,
            Sizes = Dense(26, 1152, 4, 1, 256, 6912, 262_144, 32_768) with { SlidingWindowTokens = 512 },
        },
        new() { Name = "tiny-llama", Architecture = "llama", Sizes = Tiny() },
        new() { Name = "tiny-llama-tied", Architecture = "llama", IsTied = true, HasRopeFactors = true, Sizes = Tiny() },
        new() { Name = "tiny-mixtral", Architecture = "llama", Sizes = TinyExperts() with { FeedForwardLength = 128 } },
        new() { Name = "tiny-qwen2", Architecture = "qwen2", HasQkvBias = true, Sizes = Tiny() },
        new() { Name = "tiny-qwen3", Architecture = "qwen3", Sizes = Tiny() },
        new() { Name = "tiny-qwen3moe", Architecture = "qwen3moe", Sizes = TinyExperts() },
        new() { Name = "tiny-phi3", Architecture = "phi3", HasFusedQkv = true, Sizes = Tiny() },
        new() { Name = "tiny-gpt-oss", Architecture = "gpt-oss", HasQkvBias = true, Sizes = TinyExperts() with { SlidingWindowTokens = 16 } },
        new() { Name = "tiny-gemma3", Architecture = "gemma3", IsTied = true, Sizes = Tiny() with { SlidingWindowTokens = 16 } },
    ];

    /// <exception cref="ConfigurationException">No shape has this name; the message lists those there are.</exception>
    public static ModelShape Get(string name) =>
        All.FirstOrDefault(shape => shape.Name == name)
        ?? throw new ConfigurationException($"There is no model shape '{name}'; there are {string.Join(", ", All.Select(shape => shape.Name))}.");

    private static HyperParameters Tiny() => Dense(8, 256, 4, 2, 64, 512, 2048, 4096);

    private static HyperParameters TinyExperts() => Tiny() with { ExpertCount = 4, ExpertUsedCount = 2, ExpertFeedForwardLength = 128 };

    private static HyperParameters Dense(
        int layers, int embedding, int heads, int headsKv, int headLength, int feedForward, int vocabulary, int contextTokens) => new()
    {
        LayerCount = layers,
        EmbeddingLength = embedding,
        HeadCount = heads,
        HeadCountKv = headsKv,
        HeadLength = headLength,
        RopeDimensions = headLength,
        FeedForwardLength = feedForward,
        VocabularySize = vocabulary,
        ContextLengthTokens = contextTokens,
    };
}
