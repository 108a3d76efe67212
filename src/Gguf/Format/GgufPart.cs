using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>One open file with its header: a whole GGUF file, or a part of a split one. Thread-safe.</summary>
internal sealed class GgufPart : IDisposable
{
    private readonly IPartBytes _bytes;

    private GgufPart(IPartBytes bytes, GgufHeader header) => (_bytes, Header) = (bytes, header);

    public string Path => _bytes.Path;

    public long LengthBytes => _bytes.LengthBytes;

    /// <summary>When the file was last written to, as it was opened; UTC.</summary>
    public DateTime WrittenAt => _bytes.WrittenAt;

    public GgufHeader Header { get; }

    /// <summary>Of all that is before the first tensor; of all there is, where the file has none.</summary>
    public long HeaderBytes => Header.Tensors.IsEmpty ? LengthBytes : Header.Tensors.Min(tensor => tensor.OffsetBytes);

    /// <exception cref="ModelFileException">The file is missing, unreadable, damaged or hostile.</exception>
    public static GgufPart Open(string path)
    {
        try
        {
            return Open(new FileBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw FileFault.InFile(path, $"the file cannot be read: {error.Message}", error);
        }
    }

    /// <param name="bytes">The part's from now on, also where this throws.</param>
    /// <exception cref="ModelFileException">They are damaged or hostile.</exception>
    public static GgufPart Open(IPartBytes bytes)
    {
        try
        {
            return new GgufPart(bytes, new HeaderParser(new HeaderReader(bytes), bytes.LengthBytes).Parse());
        }
        catch
        {
            bytes.Dispose();
            throw;
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
    /// <exception cref="E2LlmException">The file has become shorter, or they are not on this machine.</exception>
    public void Read(long offsetBytes, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = _bytes.Read(offsetBytes, destination);
            if (read == 0)
            {
                RequireUnchanged();
                throw FileFault.At(Path, offsetBytes, "the file ends here");
            }
            destination = destination[read..];
            offsetBytes += read;
        }
    }

    /// <exception cref="ModelFileException">The file has been written to since it was opened.</exception>
    public void RequireUnchanged() => _bytes.RequireUnchanged();

    public HeaderReader HeaderReaderAt(long offsetBytes) => new(_bytes, offsetBytes);

    public void Dispose() => _bytes.Dispose();
}
