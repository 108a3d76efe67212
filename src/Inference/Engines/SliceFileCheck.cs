using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;

namespace E2LLM.Inference.Engines;

/// <summary>A last look at a slice file, in managed code, before llama.cpp maps it.</summary>
internal static class SliceFileCheck
{
    /// <exception cref="ModelFileException">The file is not the slice that it should be.</exception>
    public static void Check(StoredSlice slice)
    {
        using var file = GgufFile.Open(slice.Path);
        var facts = SliceFacts.Read(file);
        var range = (slice.FirstLayer, slice.FirstLayer + slice.LayerCount);
        if ((facts.FirstLayer, facts.EndLayer) != range || facts.SourceSha256 != slice.SourceSha256)
            throw new ModelFileException(
                $"{slice.Path}: holds layers {facts.FirstLayer} to {facts.EndLayer - 1} of the model {facts.SourceSha256}, " +
                $"but layers {slice.FirstLayer} to {slice.FirstLayer + slice.LayerCount - 1} of {slice.SourceSha256} were asked for.");
    }
}
