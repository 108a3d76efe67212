using System.Collections.Immutable;

namespace E2LLM.Core.Models;

/// <summary>The facts about a model that planning and serving need; read from its GGUF metadata.</summary>
[GenerateSerializer, Alias("E2LLM.ModelSpec"), Immutable]
public sealed record ModelSpec
{
    /// <summary>The name that clients ask for.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>GGUF's general.architecture: "llama", "qwen2", …</summary>
    [Id(1)] public required string Architecture { get; init; }

    /// <summary>Trained context.</summary>
    [Id(2)] public required int ContextLengthTokens { get; init; }

    /// <summary>Width of a hidden state, in elements (n_embd).</summary>
    [Id(3)] public required int EmbeddingLength { get; init; }

    [Id(4)] public required int VocabularySize { get; init; }

    /// <summary>Weight bytes of each layer, in order; its length is the number of layers.</summary>
    [Id(5)] public required ImmutableArray<long> LayerBytes { get; init; }

    /// <summary>Bytes of KV cache per token, of each layer, with F16 entries.</summary>
    [Id(6)] public required ImmutableArray<long> LayerKvBytesPerToken { get; init; }

    /// <summary>Bytes of the output norm and head, held by the last stage.</summary>
    [Id(7)] public required long HeadBytes { get; init; }

    /// <summary>Bytes of the token embedding, held by the first stage for look-ups.</summary>
    [Id(8)] public required long EmbeddingBytes { get; init; }

    /// <summary>Bytes of tensors that every slice carries (RoPE factors).</summary>
    [Id(9)] public long SharedBytes { get; init; }

    /// <summary>Lower-case hex SHA-256 of the model file; empty for a bare shape.</summary>
    [Id(10)] public string Sha256 { get; init; } = "";

    /// <summary>Multiply-adds of one token in one layer count twice; attention over the context is not in it.</summary>
    [Id(11)] public ImmutableArray<double> LayerFlopsPerToken { get; init; } = [];

    /// <summary>Tokens of each layer's sliding attention window, 0 for full attention; empty where all layers have full attention.</summary>
    [Id(12)] public ImmutableArray<int> LayerWindowTokens { get; init; } = [];

    /// <summary>Weight bytes of each layer that one token reads, fewer than all in a mixture of experts; empty where a token reads all.</summary>
    [Id(13)] public ImmutableArray<long> LayerActiveBytes { get; init; } = [];

    /// <summary>
    /// A slice may begin at multiples of this, and end there or with the model. 1 for most models; more where the runtime knows layers with
    /// a sliding window by their period alone.
    /// </summary>
    [Id(14)] public int CutPeriodLayers { get; init; } = 1;

    public int LayerCount => LayerBytes.Length;

    /// <summary>Bytes of one token's hidden state on the wire (F32).</summary>
    public long HiddenBytesPerToken => 4L * EmbeddingLength;

    /// <summary>Weight bytes of the layers [first, first + count).</summary>
    public long WeightBytes(int first, int count)
    {
        var bytes = SharedBytes;
        for (var layer = first; layer < first + count; layer++)
            bytes += LayerBytes[layer];
        if (first == 0)
            bytes += EmbeddingBytes;
        if (first + count == LayerCount)
            bytes += HeadBytes;
        return bytes;
    }

    /// <summary>KV bytes of one token in the layers [first, first + count).</summary>
    public long KvBytesPerToken(int first, int count)
    {
        var bytes = 0L;
        for (var layer = first; layer < first + count; layer++)
            bytes += LayerKvBytesPerToken[layer];
        return bytes;
    }
}
