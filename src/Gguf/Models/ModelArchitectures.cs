using System.Collections.Frozen;

namespace E2LLM.Gguf.Models;

/// <summary>
/// The architectures whose slices give the very logits of the whole model, and why others are refused. Tensors and shapes follow the
/// loaders of llama.cpp v0.5.0, which refuse any tensor that they do not know.
/// </summary>
internal static class ModelArchitectures
{
    private static readonly FrozenDictionary<string, ModelArchitecture> Supported = new ModelArchitecture[]
    {
        new()
        {
            Name = "llama",
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                if (sizes.ExpertCount > 0)
                    AddExperts(layout, sizes, sizes.FeedForwardLength);
                else
                    AddGatedFeedForward(layout, sizes, optionalBias: true);
            },
            AddShared = static (layout, sizes) =>
            {
                if (sizes.LongRope)
                    AddRopeFactors(layout, sizes);
                else
                    layout.OptionalVector("rope_freqs.weight", sizes.RopeDimensions / 2);
            },
            PerLayerKeys = [MetadataKeys.FeedForwardLength, MetadataKeys.HeadCount, MetadataKeys.HeadCountKv, MetadataKeys.ExpertUsedCount],
        },
        new()
        {
            Name = "qwen2",
            HeadsSpanEmbedding = true,
            AddShared = static (layout, sizes) => layout.OptionalVector(TensorNames.OutputBias, sizes.VocabularySize),
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                AddGatedFeedForward(layout, sizes);
            },
        },
        new()
        {
            Name = "qwen3",
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                AddHeadNorms(layout, sizes);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                AddGatedFeedForward(layout, sizes);
            },
        },
        new()
        {
            Name = "qwen3moe",
            HasExperts = true,
            PerLayerKeys =
            [
                MetadataKeys.FeedForwardLength, MetadataKeys.HeadCount, MetadataKeys.HeadCountKv, MetadataKeys.ExpertUsedCount,
                MetadataKeys.ExpertFeedForwardLength,
            ],
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                AddHeadNorms(layout, sizes);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                AddExperts(layout, sizes, sizes.ExpertFeedForwardLength);
            },
        },
        new()
        {
            Name = "phi3",
            HeadsSpanEmbedding = true,
            RopeSpansHead = false,
            AddShared = AddRopeFactors,
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                layout.Matrix("ffn_up.weight", sizes.EmbeddingLength, 2L * sizes.FeedForwardLength);
                layout.Matrix("ffn_down.weight", sizes.FeedForwardLength, sizes.EmbeddingLength);
            },
        },
        new()
        {
            Name = "gpt-oss",
            OutputRequired = true,
            HasExperts = true,
            SlidingWindowPattern = 2,
            // 256 sequences (llama.cpp's limit) times this still fit its 32-bit count of cells.
            GlobalSliceWindowTokens = 1 << 22,
            PerLayerKeys =
            [
                MetadataKeys.FeedForwardLength, MetadataKeys.HeadCount, MetadataKeys.HeadCountKv, MetadataKeys.ExpertUsedCount,
                MetadataKeys.ExpertFeedForwardLength, MetadataKeys.SlidingWindowPattern,
            ],
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                layout.Vector("attn_output.bias", sizes.EmbeddingLength);
                layout.Vector("attn_sinks.weight", sizes.HeadCount);
                layout.Vector("post_attention_norm.weight", sizes.EmbeddingLength);
                AddExperts(layout, sizes, sizes.ExpertFeedForwardLength);
                layout.Vector("ffn_gate_inp.bias", sizes.ExpertCount);
                layout.ExpertVectors("ffn_gate_exps.bias", sizes.ExpertFeedForwardLength);
                layout.ExpertVectors("ffn_up_exps.bias", sizes.ExpertFeedForwardLength);
                layout.ExpertVectors("ffn_down_exps.bias", sizes.EmbeddingLength);
            },
        },
        new()
        {
            Name = "gemma3",
            ScalesEmbedding = true,
            RopeSpansHead = false,
            SlidingWindowPattern = 6,
            // 27B: llama.cpp picks the attention scale by this layer count, so a slice would silently get another one.
            RefusedLayerCount = 62,
            PerLayerKeys =
            [
                MetadataKeys.FeedForwardLength, MetadataKeys.HeadCount, MetadataKeys.HeadCountKv, MetadataKeys.SlidingWindowPattern,
            ],
            AddLayer = static (layout, sizes) =>
            {
                AddAttention(layout, sizes, optionalOutputBias: false);
                AddHeadNorms(layout, sizes);
                layout.Vector("post_attention_norm.weight", sizes.EmbeddingLength);
                layout.Vector("ffn_norm.weight", sizes.EmbeddingLength);
                AddGatedFeedForward(layout, sizes);
                layout.Vector("post_ffw_norm.weight", sizes.EmbeddingLength);
            },
        },
    }.ToFrozenDictionary(architecture => architecture.Name);

    private static readonly FrozenDictionary<string, string> Refusals = new Dictionary<string, string>
    {
        ["gemma2"] = "llama.cpp scales every embedding that comes in, so hidden states between slices would be scaled again",
        ["gemma3n"] = "its later layers need the token ids (per-layer embeddings), and layers share KV caches",
        ["gemma4"] = "its later layers need the token ids (per-layer embeddings), and layers share KV caches",
        ["granite"] = "llama.cpp scales every embedding that comes in, so hidden states between slices would be scaled again",
        ["granitemoe"] = "llama.cpp scales every embedding that comes in, so hidden states between slices would be scaled again",
        ["llama4"] = "llama.cpp picks RoPE and experts by the layer's number, which changes in a slice",
        ["deepseek2"] = "llama.cpp picks its constants by the number of layers, which changes in a slice",
        ["glm4moe"] = "its leading dense layers and its prediction layers are told by the layer's number, which changes in a slice",
        ["qwen2vl"] = "it needs four positions for every embedding",
        ["qwen3vl"] = "it needs four positions for every embedding, and adds image features to layers by their number",
        ["qwen3vlmoe"] = "it needs four positions for every embedding, and adds image features to layers by their number",
    }.ToFrozenDictionary();

    /// <summary>Null where the architecture is not supported.</summary>
    public static ModelArchitecture? Find(string name) => Supported.GetValueOrDefault(name);

    /// <summary>Why an architecture is not supported.</summary>
    public static string Refusal(string name) =>
        $"the architecture '{name}' cannot be served in slices: "
        + Refusals.GetValueOrDefault(name, "nobody has shown that its slices give the logits of the whole model")
        + $"; supported are {string.Join(", ", Supported.Keys.Order(StringComparer.Ordinal))}";

    // Query, key and value may be fused into one matrix; biases are there or not, file by file.
    private static void AddAttention(TensorLayout layout, HyperParameters sizes, bool optionalOutputBias = true)
    {
        layout.Vector("attn_norm.weight", sizes.EmbeddingLength);
        if (layout.IsPresent("attn_qkv.weight"))
        {
            var fused = sizes.QueryLength + 2 * sizes.KeyValueLength;
            layout.Matrix("attn_qkv.weight", sizes.EmbeddingLength, fused);
            layout.OptionalVector("attn_qkv.bias", fused);
        }
        else
        {
            layout.Matrix("attn_q.weight", sizes.EmbeddingLength, sizes.QueryLength);
            layout.Matrix("attn_k.weight", sizes.EmbeddingLength, sizes.KeyValueLength);
            layout.Matrix("attn_v.weight", sizes.EmbeddingLength, sizes.KeyValueLength);
            layout.OptionalVector("attn_q.bias", sizes.QueryLength);
            layout.OptionalVector("attn_k.bias", sizes.KeyValueLength);
            layout.OptionalVector("attn_v.bias", sizes.KeyValueLength);
        }
        layout.Matrix("attn_output.weight", sizes.QueryLength, sizes.EmbeddingLength);
        if (optionalOutputBias)
            layout.OptionalVector("attn_output.bias", sizes.EmbeddingLength);
    }

    private static void AddHeadNorms(TensorLayout layout, HyperParameters sizes)
    {
        layout.Vector("attn_q_norm.weight", sizes.HeadLength);
        layout.Vector("attn_k_norm.weight", sizes.HeadLength);
    }

    private static void AddGatedFeedForward(TensorLayout layout, HyperParameters sizes, bool optionalBias = false)
    {
        layout.Matrix("ffn_gate.weight", sizes.EmbeddingLength, sizes.FeedForwardLength);
        layout.Matrix("ffn_up.weight", sizes.EmbeddingLength, sizes.FeedForwardLength);
        layout.Matrix("ffn_down.weight", sizes.FeedForwardLength, sizes.EmbeddingLength);
        if (!optionalBias)
            return;
        layout.OptionalVector("ffn_gate.bias", sizes.FeedForwardLength);
        layout.OptionalVector("ffn_up.bias", sizes.FeedForwardLength);
        layout.OptionalVector("ffn_down.bias", sizes.EmbeddingLength);
    }

    private static void AddExperts(TensorLayout layout, HyperParameters sizes, long innerLength)
    {
        layout.Matrix("ffn_gate_inp.weight", sizes.EmbeddingLength, sizes.ExpertCount);
        layout.Experts("ffn_gate_exps.weight", sizes.EmbeddingLength, innerLength);
        layout.Experts("ffn_up_exps.weight", sizes.EmbeddingLength, innerLength);
        layout.Experts("ffn_down_exps.weight", innerLength, sizes.EmbeddingLength);
    }

    private static void AddRopeFactors(TensorLayout layout, HyperParameters sizes)
    {
        layout.OptionalVector("rope_factors_long.weight", sizes.RopeDimensions / 2);
        layout.OptionalVector("rope_factors_short.weight", sizes.RopeDimensions / 2);
    }
}
