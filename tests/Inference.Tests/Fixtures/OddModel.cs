using E2LLM.Gguf.Format;

namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>Copies of a good model with something in them that llama.cpp refuses, though the container and the sizes are sound.</summary>
internal static class OddModel
{
    /// <summary>A bool of one byte, declared as a number of one byte.</summary>
    public static void WithBoolAsUInt8(string source, string path, string key)
    {
        File.Copy(source, path);
        long type;
        using (var file = GgufFile.Open(path))
            type = file.Metadata.Find(key)!.DataOffsetBytes - sizeof(uint);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write);
        stream.Position = type;
        stream.Write(BitConverter.GetBytes((uint)GgufValueType.UInt8));
    }

    /// <summary>The weights of the source, and a byte-level vocabulary that names its way of cutting words.</summary>
    public static void WithBytePairs(string source, string path, string pre)
    {
        using var file = GgufFile.Open(source);
        using var output = File.Create(path);
        var writer = new GgufWriter(output);
        foreach (var entry in file.Metadata.Entries.Where(entry => !entry.Key.StartsWith("tokenizer.", StringComparison.Ordinal)))
            writer.AddCopy(file, entry);
        var size = (int)file.FindTensor("token_embd.weight")!.Shape[1];
        writer.Add("tokenizer.ggml.model", "gpt2");
        writer.Add("tokenizer.ggml.pre", pre);
        writer.AddArray("tokenizer.ggml.tokens", [.. ByteCharacters(), .. Enumerable.Range(256, size - 256).Select(token => $"zz{token}")]);
        writer.AddArray<int>("tokenizer.ggml.token_type", GgufValueType.Int32, Enumerable.Repeat(1, size).ToArray());
        writer.AddArray("tokenizer.ggml.merges", ["z z"]);
        writer.Add("tokenizer.ggml.bos_token_id", 0u);
        writer.Add("tokenizer.ggml.eos_token_id", 0u);
        foreach (var tensor in file.Tensors)
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape.AsSpan());
        writer.BeginData();
        foreach (var tensor in file.Tensors)
            file.StreamTensor(tensor, new byte[1 << 16], piece => writer.Write(piece.Span));
        writer.Complete();
    }

    // GPT-2's characters for the 256 bytes: those that print stand for themselves, the others come from U+0100 on.
    private static IEnumerable<string> ByteCharacters()
    {
        var next = 256;
        for (var value = 0; value < 256; value++)
            yield return ((char)(value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174 ? value : next++)).ToString();
    }
}
