using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Slicing;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>A last look at a slice file, in managed code, before llama.cpp maps it.</summary>
internal static class SliceFileCheck
{
    /// <exception cref="ModelFileException">The file is not the slice that it should be, or one that the runtime would read otherwise.</exception>
    public static void Check(StoredSlice slice, string architecture, LlamaLibraryOptions library)
    {
        using var file = GgufFile.Open(slice.Path);
        var facts = SliceFacts.Read(file);
        var range = (slice.FirstLayer, slice.FirstLayer + slice.LayerCount);
        if ((facts.FirstLayer, facts.EndLayer) != range || facts.SourceSha256 != slice.SourceSha256)
            throw new ModelFileException(
                $"{slice.Path}: holds layers {facts.FirstLayer} to {facts.EndLayer - 1} of the model {facts.SourceSha256}, " +
                $"but layers {slice.FirstLayer} to {slice.FirstLayer + slice.LayerCount - 1} of {slice.SourceSha256} were asked for.");
        if (!LlamaRuntimes.ReadsWindowLists(library) && file.Metadata.Find($"{architecture}.attention.sliding_window_pattern")?.Type == GgufValueType.Array)
            throw new ModelFileException(
                $"Layers {slice.FirstLayer} to {slice.FirstLayer + slice.LayerCount - 1} cannot be a slice for runtime '{library.Runtime}': its llama.cpp " +
                $"knows layers with a sliding window by a period from the slice's first layer alone, and these layers have none. Cut {architecture} " +
                "models between whole periods, or use runtime 'llamacpp' (E2LLM:Engine:Runtime).");
    }
}
