namespace E2LLM.Gguf.Format;

/// <summary>Metadata of the parts of a split model, as llama.cpp's gguf-split writes it.</summary>
internal static class SplitKeys
{
    public const string Prefix = "split.";

    /// <summary>UInt16: the part's place, from 0.</summary>
    public const string Number = "split.no";

    /// <summary>UInt16: parts of the model. A file without it, or with 1, is whole.</summary>
    public const string Count = "split.count";

    /// <summary>Int32: tensors of all parts together.</summary>
    public const string TensorCount = "split.tensors.count";
}
