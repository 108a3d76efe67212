namespace E2LLM.Gguf.Store;

/// <summary>Something that a slice store did, for the log.</summary>
/// <param name="Message">For people: the file and the reason.</param>
public sealed record SliceStoreEvent(SliceStoreEventKind Kind, string Path, string Message);
