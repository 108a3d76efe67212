namespace E2LLM.Inference.Runtimes;

/// <param name="IsVocabularyOnly">Whether the weights stay where they are.</param>
/// <param name="Target">Where its layers are computed.</param>
/// <param name="Repack">Whether weights may be laid out anew for this CPU.</param>
internal readonly record struct ModelLoading(bool IsVocabularyOnly, ComputeTarget Target, bool Repack);
