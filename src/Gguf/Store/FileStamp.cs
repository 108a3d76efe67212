using E2LLM.Gguf.Format;

namespace E2LLM.Gguf.Store;

/// <summary>Tells whether a file is still the one that was hashed, without reading it.</summary>
internal readonly record struct FileStamp(string Path, long Bytes, long WrittenTicks)
{
    /// <summary>Null where there is no such file.</summary>
    public static FileStamp? Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc.Ticks) : null;
    }

    public static FileStamp Of(GgufFile file) => new(System.IO.Path.GetFullPath(file.Path), file.LengthBytes, file.WrittenAt.Ticks);
}
