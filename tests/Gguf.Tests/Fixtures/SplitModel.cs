namespace E2LLM.Gguf.Tests.Fixtures;

/// <summary>Splits a model as llama.cpp's gguf-split does: metadata in the first part, the tensors in their order over all of them.</summary>
public static class SplitModel
{
    /// <param name="tensorCounts">Of each part; they add up to the model's.</param>
    /// <returns>The parts, in their order.</returns>
    public static RawGguf[] Parts(RawGguf whole, params int[] tensorCounts)
    {
        Assert.Equal(whole.Tensors.Count, tensorCounts.Sum());
        var parts = new RawGguf[tensorCounts.Length];
        var done = 0;
        for (var index = 0; index < parts.Length; index++)
        {
            var part = parts[index] = new RawGguf();
            if (index == 0)
                part.Entries.AddRange(whole.Entries);
            part.Set("split.no", 2, BitConverter.GetBytes((ushort)index));
            part.Set("split.count", 2, BitConverter.GetBytes((ushort)parts.Length));
            part.Set("split.tensors.count", 5, BitConverter.GetBytes(whole.Tensors.Count));
            part.Tensors.AddRange(whole.Tensors.Skip(done).Take(tensorCounts[index]));
            done += tensorCounts[index];
        }
        return parts;
    }

    /// <returns>The parts' paths, in their order.</returns>
    public static string[] Write(TemporaryDirectory directory, params RawGguf[] parts) =>
        [.. parts.Select((part, index) => directory.Write(Name(index + 1, parts.Length), part.Build()))];

    public static string Name(int number, int count) => $"model-{number:D5}-of-{count:D5}.gguf";
}
