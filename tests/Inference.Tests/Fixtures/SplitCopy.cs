using E2LLM.Gguf.Format;

namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>A copy of a model in several files, as llama.cpp's gguf-split makes it.</summary>
internal static class SplitCopy
{
    /// <param name="prefix">The parts' path, up to their numbers.</param>
    /// <param name="count">Parts; each gets every so-manieth run of tensors, in their order.</param>
    /// <returns>The parts' paths.</returns>
    public static string[] Write(string source, string prefix, int count)
    {
        using var file = GgufFile.Open(source);
        var perPart = (file.Tensors.Length + count - 1) / count;
        var paths = new string[count];
        for (var index = 0; index < count; index++)
        {
            paths[index] = $"{prefix}-{index + 1:D5}-of-{count:D5}.gguf";
            using var output = File.Create(paths[index]);
            WritePart(file, output, index, count, [.. file.Tensors.Skip(index * perPart).Take(perPart)]);
        }
        return paths;
    }

    private static void WritePart(GgufFile file, Stream output, int index, int count, GgufTensor[] tensors)
    {
        var writer = new GgufWriter(output);
        if (index == 0)
        {
            foreach (var entry in file.Metadata.Entries)
                writer.AddCopy(file, entry);
        }
        writer.Add("split.no", (ushort)index);
        writer.Add("split.count", (ushort)count);
        writer.Add("split.tensors.count", file.Tensors.Length);
        foreach (var tensor in tensors)
            writer.AddTensor(tensor.Name, tensor.Type, tensor.Shape.AsSpan());
        writer.BeginData();
        foreach (var tensor in tensors)
            file.StreamTensor(tensor, new byte[1 << 16], piece => writer.Write(piece.Span));
        writer.Complete();
    }
}
