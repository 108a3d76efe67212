namespace E2LLM.Gguf.Store;

/// <summary>A file of the store and what the index says of it.</summary>
/// <param name="Keys">Entries that name it, one as a rule; none where it was left behind, as by a crash.</param>
/// <param name="SourceSha256">Of the files of the models that it is a slice of; empty where no entry says.</param>
/// <param name="UsedAt">When somebody last asked for it, or cut it.</param>
internal sealed record ShelvedSlice(
    string Path, long Bytes, IReadOnlyList<string> Keys, IReadOnlyList<string> SourceSha256, DateTimeOffset UsedAt);
