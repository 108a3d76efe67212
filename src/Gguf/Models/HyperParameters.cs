namespace E2LLM.Gguf.Models;

/// <summary>Sizes of a model, the same in every layer.</summary>
public sealed record HyperParameters
{
    public required int LayerCount { get; init; }

    /// <summary>Trained context.</summary>
    public required int ContextLengthTokens { get; init; }

    /// <summary>n_embd.</summary>
    public required int EmbeddingLength { get; init; }

    public required int HeadCount { get; init; }

    /// <summary>Divides <see cref="HeadCount"/>.</summary>
    public required int HeadCountKv { get; init; }

    /// <summary>Elements of one head's key, and of its value.</summary>
    public required int HeadLength { get; init; }

    /// <summary>Elements of a head that RoPE turns; even.</summary>
    public required int RopeDimensions { get; init; }

    /// <summary>Inner width of the dense feed-forward block; 0 where there is none.</summary>
    public int FeedForwardLength { get; init; }

    /// <summary>0 for a dense model.</summary>
    public int ExpertCount { get; init; }

    /// <summary>Experts that each token visits.</summary>
    public int ExpertUsedCount { get; init; }

    /// <summary>Inner width of one expert; 0 for a dense model.</summary>
    public int ExpertFeedForwardLength { get; init; }

    /// <summary>Tokens that a layer with local attention looks back; 0 where all layers look at everything.</summary>
    public int SlidingWindowTokens { get; init; }

    /// <summary>Whether RoPE takes its factors from long and short tables.</summary>
    public bool LongRope { get; init; }

    public required int VocabularySize { get; init; }

    public long QueryLength => (long)HeadCount * HeadLength;

    public long KeyValueLength => (long)HeadCountKv * HeadLength;

    /// <summary>Keys and values of one token in one layer, as F16.</summary>
    public long KvBytesPerToken => 2 * KeyValueLength * sizeof(ushort);
}
