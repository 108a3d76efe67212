using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Models;

/// <summary>Files whose container is sound and whose model makes no sense, or makes llama.cpp abort.</summary>
public sealed class HostileModelTests
{
    private static readonly Dictionary<string, (Action<RawGguf> Break, string Place)> Cases = new()
    {
        ["no architecture"] = (file => file.Remove("general.architecture"), "'general.architecture' is missing"),
        ["architecture of the wrong type"] = (file => file.Set("general.architecture", 1u), "'general.architecture' must be of type String"),
        ["architecture of invalid UTF-8"] = (file => file.Set("general.architecture", 8, RawGguf.Text([0xC3])), "'general.architecture' is not valid UTF-8"),
        ["unknown architecture"] = (file => file.Set("general.architecture", "mamba"), "the architecture 'mamba'"),
        ["architecture that needs token ids"] = (file => file.Set("general.architecture", "gemma3n"), "per-layer embeddings"),
        ["projector"] = (file => file.Set("general.type", "mmproj"), "type 'mmproj'"),
        ["part of a split model under another name"] = (file => file.Set("split.count", 2, 3, 0), "one of 3 parts"),
        ["part count of the wrong type"] = (file => file.Set("split.count", 3u), "'split.count' must be of type UInt16"),
        ["slice"] = (file => file.Set("e2llm.slice.first", 0u), "a slice of a model"),
        ["no tensors"] = (file => file.Tensors.Clear(), "'token_embd.weight' is missing"),
        ["no block count"] = (file => file.Remove("llama.block_count"), "'llama.block_count' is missing"),
        ["block count of the wrong type"] = (file => file.Set("llama.block_count", 2f), "'llama.block_count' must be of type UInt32"),
        ["0 blocks"] = (file => file.Set("llama.block_count", 0u), "'llama.block_count': it is 0"),
        ["10^9 blocks"] = (file => file.Set("llama.block_count", 1_000_000_000u), "'llama.block_count': it is 1000000000"),
        ["512 blocks"] = (file => file.Set("llama.block_count", 512u), "'llama.block_count' is 512"),
        ["one block too few"] = (file => file.Set("llama.block_count", 1u), "'blk.1.attn_norm.weight' is none"),
        ["one block too many"] = (file => file.Set("llama.block_count", 3u), "'blk.2.attn_norm.weight' of shape [32] is missing"),
        ["no context length"] = (file => file.Remove("llama.context_length"), "'llama.context_length' is missing"),
        ["context length 2^32 - 1"] = (file => file.Set("llama.context_length", uint.MaxValue), "'llama.context_length'"),
        ["embedding length 0"] = (file => file.Set("llama.embedding_length", 0u), "'llama.embedding_length'"),
        ["embedding length other than the tensors'"] = (file => file.Set("llama.embedding_length", 64u), "'token_embd.weight' has the shape"),
        ["embedding length 2^31"] = (file => file.Set("llama.embedding_length", 1u << 31), "'llama.embedding_length'"),
        ["embeddings out of another length"] = (file => file.Set("llama.embedding_length_out", 1u << 20), "'llama.embedding_length_out'"),
        ["no heads"] = (file => file.Remove("llama.attention.head_count"), "'llama.attention.head_count' is missing"),
        ["0 heads"] = (file => file.Set("llama.attention.head_count", 0u), "'llama.attention.head_count'"),
        ["3 heads of 32 elements"] = (file => file.Set("llama.attention.head_count", 3u), "'llama.attention.head_count"),
        ["more heads than elements"] = (file => file.Set("llama.attention.head_count", 64u), "'llama.attention.head_count': 64 heads"),
        ["0 KV heads"] = (file => file.Set("llama.attention.head_count_kv", 0u), "'llama.attention.head_count_kv'"),
        ["more KV heads than heads"] = (file => file.Set("llama.attention.head_count_kv", 4u), "'llama.attention.head_count_kv'"),
        ["KV heads that do not divide the heads"] =
            (file => { file.Set("llama.attention.head_count", 4u); file.Set("llama.attention.head_count_kv", 3u); }, "'llama.attention.head_count_kv': its 3 heads"),
        ["KV heads of one layer only"] = (file => file.SetArray("llama.attention.head_count_kv", 4, 1, 1, 0, 0, 0), "1 elements for 2 layers"),
        ["KV heads that differ by layer"] = (file => file.SetArray("llama.attention.head_count_kv", 4, 2, 1, 0, 0, 0, 2, 0, 0, 0), "differs between layers"),
        ["KV heads as strings"] = (file => file.SetStrings("llama.attention.head_count_kv", "1", "1"), "'llama.attention.head_count_kv' is an array of String"),
        ["unknown array for layers"] = (file => file.SetArray("llama.secret", 4, 2, new byte[8]), "'llama.secret' is an array"),
        ["key length other than value length"] = (file => file.Set("llama.attention.key_length", 32u), "'llama.attention.value_length'"),
        ["key length 0"] = (file => file.Set("llama.attention.key_length", 0u), "'llama.attention.key_length'"),
        ["RoPE over half a head"] = (file => file.Set("llama.rope.dimension_count", 8u), "'llama.rope.dimension_count'"),
        ["RoPE over more than a head"] = (file => file.Set("llama.rope.dimension_count", 1024u), "'llama.rope.dimension_count'"),
        ["RoPE base that is not a number"] = (file => file.Set("llama.rope.freq_base", float.NaN), "'llama.rope.freq_base'"),
        ["RoPE scaling that llama.cpp aborts on"] = (file => file.Set("llama.rope.scaling.type", "wild"), "the scaling 'wild'"),
        ["negative norm epsilon"] = (file => file.Set("llama.attention.layer_norm_rms_epsilon", -1f), "'llama.attention.layer_norm_rms_epsilon'"),
        ["no norm epsilon"] = (file => file.Remove("llama.attention.layer_norm_rms_epsilon"), "'llama.attention.layer_norm_rms_epsilon' is missing"),
        ["no feed-forward length"] = (file => file.Remove("llama.feed_forward_length"), "'llama.feed_forward_length' is missing"),
        ["feed-forward length other than the tensors'"] = (file => file.Set("llama.feed_forward_length", 65u), "'blk.0.ffn_gate.weight' has the shape [32, 64]; [32, 65]"),
        ["more experts than llama.cpp takes"] = (file => file.Set("llama.expert_count", 5000u), "'llama.expert_count'"),
        ["experts without a number of used ones"] = (file => file.Set("llama.expert_count", 4u), "'llama.expert_used_count'"),
        ["used experts without experts"] = (file => file.Set("llama.expert_used_count", 2u), "'llama.expert_used_count'"),
        ["more used experts than experts"] =
            (file => { file.Set("llama.expert_count", 4u); file.Set("llama.expert_used_count", 5u); }, "'llama.expert_used_count'"),
        ["expert groups that llama.cpp aborts on"] = (file => file.Set("llama.expert_group_count", 1u), "'llama.expert_group_count'"),
        ["prediction layers"] = (file => file.Set("llama.nextn_predict_layers", 1u), "'llama.nextn_predict_layers'"),
        ["model that looks ahead"] = (file => file.Set("llama.attention.causal", 7, 0), "'llama.attention.causal'"),
        ["missing embedding"] = (file => file.Tensors.RemoveAt(0), "'token_embd.weight' is missing"),
        ["missing output norm"] = (file => file.Tensors.RemoveAt(1), "'output_norm.weight' of shape [32] is missing"),
        ["missing weight of a layer"] = (file => file.Tensors.Remove(file.Tensor("blk.1.attn_v.weight")), "'blk.1.attn_v.weight' of shape [32, 16] is missing"),
        ["tensor that no llama model has"] = (file => RawModel.AddF32(file, "blk.0.wild.weight", 32), "'blk.0.wild.weight' is none"),
        ["layer number with a leading zero"] = (file => file.Tensor("blk.1.attn_v.weight").NameBytes = RawGguf.Text("blk.01.attn_v.weight"u8.ToArray()), "'blk.1.attn_v.weight'"),
        ["transposed weight"] = (file => file.Tensor("blk.0.ffn_down.weight").Shape.Reverse(), "'blk.0.ffn_down.weight' has the shape [32, 64]; [64, 32]"),
        ["norm of the wrong length"] =
            (file => { var norm = file.Tensor("blk.0.attn_norm.weight"); norm.Shape[0] = 16; norm.Bytes = 64; }, "'blk.0.attn_norm.weight' has the shape [16]; [32]"),
        ["norm that is not F32"] =
            (file => { var norm = file.Tensor("blk.0.attn_norm.weight"); norm.Type = 1; norm.Bytes = 64; }, "'blk.0.attn_norm.weight' is stored as F16"),
        ["weight of integers"] = (file => file.Tensor("blk.0.attn_q.weight").Type = 26, "'blk.0.attn_q.weight' is stored as I32"),
        ["head of another vocabulary"] = (file => RawModel.AddF32(file, "output.weight", 32, 100), "'output.weight' has the shape [32, 100]; [32, 272]"),
        ["no tokenizer"] = (file => file.Remove("tokenizer.ggml.model"), "'tokenizer.ggml.model' is missing"),
        ["tokenizer of another kind"] = (file => file.Set("tokenizer.ggml.model", "no_vocab"), "the tokenizer 'no_vocab'"),
        ["no tokens"] = (file => file.Remove("tokenizer.ggml.tokens"), "'tokenizer.ggml.tokens' is missing"),
        ["tokens that are numbers"] = (file => file.SetArray("tokenizer.ggml.tokens", 4, 1, 0, 0, 0, 0), "'tokenizer.ggml.tokens' must be an array of String"),
        ["fewer tokens than rows"] = (file => file.SetStrings("tokenizer.ggml.tokens", RawModel.Tokens.SkipLast(1)), "271 tokens"),
        ["token that occurs twice"] = (file => file.SetStrings("tokenizer.ggml.tokens", [.. RawModel.Tokens.SkipLast(1), "w0"]), "a token twice"),
        ["tokens that are the same up to a zero"] = (file => file.SetStrings("tokenizer.ggml.tokens", [.. RawModel.Tokens.SkipLast(2), "a\0b", "a\0c"]), "a token twice"),
        ["token that is llama.cpp's name of an empty one"] =
            (file => file.SetStrings("tokenizer.ggml.tokens", [.. RawModel.Tokens.SkipLast(2), "", "[EMPTY_270]"]), "a token twice"),
        ["missing byte token"] = (file => file.SetStrings("tokenizer.ggml.tokens", RawModel.Tokens.Select(token => token == "<0x7F>" ? "x" : token)), "lacks the byte token <0x7F>"),
        ["scores of fewer tokens"] = (file => file.SetArray("tokenizer.ggml.scores", 6, 1, new byte[4]), "'tokenizer.ggml.scores' has 1 elements"),
        ["byte pairs without merges"] = (file => file.Set("tokenizer.ggml.model", "gpt2"), "'tokenizer.ggml.merges' is missing"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_ModelThatMakesNoSense_IsRefusedWithItsPlace(string name)
    {
        var file = RawModel.Llama();
        Cases[name].Break(file);

        HostileFile.AssertRefused(file.Build(), Cases[name].Place);
    }

    [Fact]
    public void Open_SeveralEmptyTokens_IsTaken()
    {
        var file = RawModel.Llama();
        file.SetStrings("tokenizer.ggml.tokens", [.. RawModel.Tokens.SkipLast(2), "", ""]);
        using var directory = new TemporaryDirectory();

        Assert.Null(HostileFile.Open(directory.Write("model.gguf", file.Build())));
    }
}
