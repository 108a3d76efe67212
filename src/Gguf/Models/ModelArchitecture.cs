using System.Collections.Immutable;

namespace E2LLM.Gguf.Models;

/// <summary>What is particular to an architecture: its tensors, and what a slice of it needs.</summary>
internal sealed record ModelArchitecture
{
    /// <summary>GGUF's general.architecture.</summary>
    public required string Name { get; init; }

    /// <summary>Adds the tensors of one layer, without its prefix.</summary>
    public required Action<TensorLayout, HyperParameters> AddLayer { get; init; }

    /// <summary>Adds tensors outside the layers besides embedding, output norm and output.</summary>
    public Action<TensorLayout, HyperParameters> AddShared { get; init; } = (_, _) => { };

    /// <summary>
    /// Keys, without the architecture's prefix, whose value may be an array with one element for each layer. A slice takes its layers'
    /// part of these arrays and of no others: an array's length may equal the number of layers by chance.
    /// </summary>
    public ImmutableArray<string> PerLayerKeys { get; init; } = [MetadataKeys.FeedForwardLength, MetadataKeys.HeadCount, MetadataKeys.HeadCountKv];

    /// <summary>Whether output.weight must exist; otherwise the token embedding serves as the head too.</summary>
    public bool OutputRequired { get; init; }

    /// <summary>Whether heads times head length must be n_embd.</summary>
    public bool HeadsSpanEmbedding { get; init; }

    /// <summary>Whether RoPE must turn whole heads.</summary>
    public bool RopeSpansHead { get; init; } = true;

    public bool HasExperts { get; init; }

    /// <summary>Every so many layers one attends to everything, the others within the sliding window; 0: no such pattern.</summary>
    public int SlidingWindowPattern { get; init; }

    /// <summary>
    /// Sliding window of a slice whose layers all attend to everything: 0 where the architecture can do without a window, otherwise
    /// more than any context.
    /// </summary>
    public uint GlobalSliceWindowTokens { get; init; }

    /// <summary>Whether token embeddings are multiplied by sqrt(n_embd) after the look-up.</summary>
    public bool ScalesEmbedding { get; init; }

    /// <summary>A layer count that llama.cpp takes for another variant of the model, with other constants; 0: none.</summary>
    public int RefusedLayerCount { get; init; }

    public string Key(string suffix) => $"{Name}.{suffix}";
}
