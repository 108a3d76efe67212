using E2LLM.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace E2LLM.Gguf.Format;

/// <summary>One open file with its header: a whole GGUF file, or a part of a split one. Thread-safe.</summary>
internal sealed class GgufPart : IDisposable
{
    private readonly SafeFileHandle _handle;

    private GgufPart(string path, SafeFileHandle handle, long lengthBytes, DateTime writtenAt, GgufHeader header)
    {
        Path = path;
        LengthBytes = lengthBytes;
        WrittenAt = writtenAt;
        Header = header;
        _handle = handle;
    }

    public string Path { get; }

    public long LengthBytes { get; }

    /// <summary>When the file was last written to, as it was opened; UTC.</summary>
    public DateTime WrittenAt { get; }

    public GgufHeader Header { get; }

    /// <exception cref="ModelFileException">The file is missing, unreadable, damaged or hostile.</exception>
    public static GgufPart Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
            var lengthBytes = RandomAccess.GetLength(handle);
            var writtenAt = File.GetLastWriteTimeUtc(handle);
            var header = new HeaderParser(new HeaderReader(handle, lengthBytes, path), lengthBytes).Parse();
            var part = new GgufPart(path, handle, lengthBytes, writtenAt, header);
            handle = null;
            return part;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw FileFault.InFile(path, $"the file cannot be read: {error.Message}", error);
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>A number of the header that must have exactly the type that llama.cpp reads; null where there is none.</summary>
    /// <exception cref="ModelFileException">It has another type.</exception>
    public long? FindInteger(string key, GgufValueType type)
    {
        if (Header.Entries.FirstOrDefault(entry => entry.Key == key) is not { } entry)
            return null;
        if (entry.Type != type)
            throw FileFault.At(Path, entry.OffsetBytes, $"'{key}' must be of type {type}, not {entry.Type}");
        return type == GgufValueType.Int32 ? (int)entry.Bits : (long)entry.Bits;
    }

    /// <summary>Fills the buffer with the bytes at an offset.</summary>
    /// <exception cref="ModelFileException">The file has become shorter.</exception>
    public void Read(long offsetBytes, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, offsetBytes);
            if (read == 0)
            {
                RequireUnchanged();
                throw FileFault.At(Path, offsetBytes, "the file ends here");
            }
            destination = destination[read..];
            offsetBytes += read;
        }
    }

    /// <summary>Asks the open file and not its name, which may be another file's by now. Takes some microseconds.</summary>
    /// <exception cref="ModelFileException">The file has been written to since it was opened.</exception>
    public void RequireUnchanged()
    {
        if (RandomAccess.GetLength(_handle) is var length && length != LengthBytes)
            throw Changed($"it had {LengthBytes} bytes and has {length}");
        if (File.GetLastWriteTimeUtc(_handle) is var writtenAt && writtenAt != WrittenAt)
            throw Changed($"it was written to at {writtenAt:u}");
    }

    private ModelFileException Changed(string how) => FileFault.InFile(
        Path, $"the file was changed while it was in use: {how}. Start anew to serve what it holds now, or put the former file back with its time, as cp -p does.");

    public HeaderReader HeaderReaderAt(long offsetBytes) => new(_handle, LengthBytes, Path, offsetBytes);

    public void Dispose() => _handle.Dispose();
}
