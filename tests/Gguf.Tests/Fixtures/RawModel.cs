namespace E2LLM.Gguf.Tests.Fixtures;

/// <summary>The smallest valid model: llama, 2 layers, n_embd 32, 2 heads of 16 over 1 KV head, FFN 64, 272 tokens, F32.</summary>
public static class RawModel
{
    public const int Layers = 2;
    public const int Embedding = 32;
    public const int FeedForward = 64;
    public const int Vocabulary = 272;

    public static IEnumerable<string> Tokens =>
        ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), .. Enumerable.Range(0, 13).Select(i => $"w{i}")];

    public static RawGguf Llama()
    {
        var file = new RawGguf();
        file.Set("general.architecture", "llama");
        file.Set("llama.block_count", Layers);
        file.Set("llama.context_length", 512u);
        file.Set("llama.embedding_length", Embedding);
        file.Set("llama.feed_forward_length", FeedForward);
        file.Set("llama.attention.head_count", 2u);
        file.Set("llama.attention.head_count_kv", 1u);
        file.Set("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        file.Set("tokenizer.ggml.model", "llama");
        file.SetStrings("tokenizer.ggml.tokens", Tokens);
        file.SetArray("tokenizer.ggml.scores", 6, Vocabulary, new byte[4 * Vocabulary]);
        file.SetArray("tokenizer.ggml.token_type", 5, Vocabulary, new byte[4 * Vocabulary]);
        file.Set("tokenizer.ggml.bos_token_id", 1u);
        AddF32(file, "token_embd.weight", Embedding, Vocabulary);
        AddF32(file, "output_norm.weight", Embedding);
        for (var layer = 0; layer < Layers; layer++)
        {
            var prefix = $"blk.{layer}.";
            AddF32(file, prefix + "attn_norm.weight", Embedding);
            AddF32(file, prefix + "attn_q.weight", Embedding, 32);
            AddF32(file, prefix + "attn_k.weight", Embedding, 16);
            AddF32(file, prefix + "attn_v.weight", Embedding, 16);
            AddF32(file, prefix + "attn_output.weight", 32, Embedding);
            AddF32(file, prefix + "ffn_norm.weight", Embedding);
            AddF32(file, prefix + "ffn_gate.weight", Embedding, FeedForward);
            AddF32(file, prefix + "ffn_up.weight", Embedding, FeedForward);
            AddF32(file, prefix + "ffn_down.weight", FeedForward, Embedding);
        }
        return file;
    }

    public static void AddF32(RawGguf file, string name, params ulong[] shape) =>
        file.AddTensor(name, 0, (int)shape.Aggregate(4ul, (bytes, extent) => bytes * extent), shape);
}
