namespace E2LLM.Gguf.Models;

/// <summary>Metadata keys. Those without a first part stand behind the architecture's name: "llama.block_count".</summary>
internal static class MetadataKeys
{
    public const string Architecture = "general.architecture";
    public const string Type = "general.type";

    public const string TokenizerPrefix = "tokenizer.";
    public const string TokenizerModel = "tokenizer.ggml.model";
    public const string Tokens = "tokenizer.ggml.tokens";
    public const string TokenScores = "tokenizer.ggml.scores";
    public const string TokenTypes = "tokenizer.ggml.token_type";
    public const string TokenMerges = "tokenizer.ggml.merges";

    public const string BlockCount = "block_count";
    public const string ContextLength = "context_length";
    public const string EmbeddingLength = "embedding_length";
    public const string EmbeddingLengthOut = "embedding_length_out";
    public const string FeedForwardLength = "feed_forward_length";
    public const string HeadCount = "attention.head_count";
    public const string HeadCountKv = "attention.head_count_kv";
    public const string KeyLength = "attention.key_length";
    public const string ValueLength = "attention.value_length";
    public const string KeyLengthSlidingWindow = "attention.key_length_swa";
    public const string ValueLengthSlidingWindow = "attention.value_length_swa";
    public const string NormEpsilon = "attention.layer_norm_rms_epsilon";
    public const string Causal = "attention.causal";
    public const string SlidingWindow = "attention.sliding_window";
    public const string SlidingWindowPattern = "attention.sliding_window_pattern";
    public const string RopeDimensions = "rope.dimension_count";
    public const string RopeDimensionsSlidingWindow = "rope.dimension_count_swa";
    public const string RopeBase = "rope.freq_base";
    public const string RopeBaseSlidingWindow = "rope.freq_base_swa";
    public const string RopeScalingType = "rope.scaling.type";
    public const string RopeScalingFactor = "rope.scaling.factor";
    public const string RopeScalingContext = "rope.scaling.original_context_length";
    public const string ExpertCount = "expert_count";
    public const string ExpertUsedCount = "expert_used_count";
    public const string ExpertFeedForwardLength = "expert_feed_forward_length";
    public const string ExpertGroupCount = "expert_group_count";
    public const string NextTokenLayers = "nextn_predict_layers";
    public const string VocabularySize = "vocab_size";
}
