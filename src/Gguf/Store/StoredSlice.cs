namespace E2LLM.Gguf.Store;

/// <summary>A slice on disk whose bytes have been checked. The file never changes; it may be mapped and shared.</summary>
/// <param name="Path">Named by its hash.</param>
/// <param name="Sha256">Of the slice's file, lower-case hex.</param>
/// <param name="SourceSha256">Of the model's file, lower-case hex.</param>
public sealed record StoredSlice(string Path, string Sha256, long Bytes, string SourceSha256, int FirstLayer, int LayerCount);
