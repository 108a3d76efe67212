using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Store;

/// <summary>Tells whether a file is still the one that was hashed, without reading it.</summary>
/// <param name="Path">Of the first part, where a model is split.</param>
/// <param name="Bytes">Of all parts.</param>
/// <param name="WrittenTicks">Of the first part.</param>
/// <param name="OtherParts">Length and time of each further part; empty where there are none.</param>
internal readonly record struct FileStamp(string Path, long Bytes, long WrittenTicks, string OtherParts = "")
{
    /// <summary>Null where there is no such file.</summary>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc.Ticks) : null;
    }

    public static FileStamp Of(GgufFile file) => new(
        System.IO.Path.GetFullPath(file.Path),
        file.LengthBytes,
        file.WrittenAt.Ticks,
        string.Join(';', file.Parts.Skip(1).Select(part => FormattableString.Invariant($"{part.LengthBytes}@{part.WrittenAt.Ticks}"))));
}
