using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;

namespace E2LLM.Inference.Engines;

/// <summary>A last look at a slice file, in managed code, before llama.cpp maps it.</summary>
internal static class SliceFileCheck
{
    private const int MaxLayers = 4096;

    /// <exception cref="ModelFileException">The file is not the slice that it should be.</exception>
    /// <exception cref="ConfigurationException">llama.cpp would abort on this range of layers.</exception>
    public static void Check(StoredSlice slice, string architecture)
    {
        using var file = GgufFile.Open(slice.Path);
        var facts = SliceFacts.Read(file);
        if (facts.FirstLayer != slice.FirstLayer || facts.EndLayer != slice.FirstLayer + slice.LayerCount || facts.SourceSha256 != slice.SourceSha256)
            throw new ModelFileException(
                $"{slice.Path}: holds layers {facts.FirstLayer} to {facts.EndLayer - 1} of the model {facts.SourceSha256}, " +
                $"but layers {slice.FirstLayer} to {slice.FirstLayer + slice.LayerCount - 1} of {slice.SourceSha256} were asked for.");
        var pattern = file.Metadata.FindIntegers($"{architecture}.attention.sliding_window_pattern", MaxLayers);
        if (pattern is { } isLocal && isLocal.All(layer => layer == 0) && file.Metadata.FindUInt32($"{architecture}.attention.sliding_window") is > 0)
            throw new ConfigurationException(
                $"llama.cpp cannot load layers {slice.FirstLayer} to {slice.FirstLayer + slice.LayerCount - 1} of this {architecture} model alone: " +
                "none of them has a sliding window. Let the slice reach one layer further.");
    }
}
