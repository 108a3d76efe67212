namespace E2LLM.Gguf.Slicing;

/// <summary>Metadata by which a slice says what it is; llama.cpp ignores it.</summary>
public static class SliceKeys
{
    /// <summary>UInt32: the model's layer that is the slice's first.</summary>
    public const string First = "e2llm.slice.first";

    /// <summary>UInt32: one past the last layer.</summary>
    public const string End = "e2llm.slice.end";

    /// <summary>UInt32: layers of the whole model.</summary>
    public const string Total = "e2llm.slice.total";

    /// <summary>Array of bool: which layers attend within a sliding window; there where the architecture has windows.</summary>
    public const string Windowed = "e2llm.slice.windowed";

    /// <summary>String: lower-case hex SHA-256 of the model file.</summary>
    public const string SourceSha256 = "e2llm.slice.source_sha256";
}
