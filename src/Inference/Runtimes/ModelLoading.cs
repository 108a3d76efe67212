namespace E2LLM.Inference.Runtimes;

/// <param name="IsVocabularyOnly">Whether the weights stay where they are.</param>
/// <param name="GpuLayers">See <see cref="LlamaLibraryOptions.GpuLayers"/>.</param>
/// <param name="Repack">Whether weights may be laid out anew for this CPU.</param>
internal readonly record struct ModelLoading(bool IsVocabularyOnly, int GpuLayers, bool Repack);
