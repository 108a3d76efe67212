using System.Collections.Frozen;
using System.Collections.Immutable;
using System.IO.MemoryMappedFiles;
using E2LLM.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace E2LLM.Gguf.Format;

/// <summary>
/// An open GGUF file whose container has been validated: what the header says is consistent and lies within the file. Whether it is a
/// model that can be served is <see cref="Models.ModelFile"/>'s question. Thread-safe; the file must not change while it is open.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly FrozenDictionary<string, GgufTensor> _tensors;

    private GgufFile(string path, SafeFileHandle handle, long lengthBytes, DateTime writtenAt, GgufHeader header)
    {
        Path = path;
        LengthBytes = lengthBytes;
        WrittenAt = writtenAt;
        AlignmentBytes = header.AlignmentBytes;
        Tensors = header.Tensors;
        Metadata = new GgufMetadata(this, header.Entries);
        _handle = handle;
        _tensors = header.Tensors.ToFrozenDictionary(tensor => tensor.Name);
    }

    public string Path { get; }

    public long LengthBytes { get; }

    /// <summary>When the file was last written to, as it was opened; UTC.</summary>
    public DateTime WrittenAt { get; }

    public int AlignmentBytes { get; }

    public GgufMetadata Metadata { get; }

    /// <summary>In file order.</summary>
    public ImmutableArray<GgufTensor> Tensors { get; }

    /// <exception cref="ModelFileException">The file is missing, unreadable, damaged or hostile.</exception>
    public static GgufFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
            var lengthBytes = RandomAccess.GetLength(handle);
            var writtenAt = File.GetLastWriteTimeUtc(handle);
            var header = new HeaderParser(new HeaderReader(handle, lengthBytes, path), lengthBytes).Parse();
            var file = new GgufFile(path, handle, lengthBytes, writtenAt, header);
            handle = null;
            return file;
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

    public GgufTensor? FindTensor(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Fills the buffer with the bytes at an offset.</summary>
    /// <exception cref="ModelFileException">The file has become shorter.</exception>
    public void Read(long offsetBytes, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(_handle, destination, offsetBytes);
            if (read == 0)
                throw FileFault.At(Path, offsetBytes, "the file ends here; it has been cut short since it was opened");
            destination = destination[read..];
            offsetBytes += read;
        }
    }

    /// <summary>The bytes of a tensor, piece by piece, without holding more than one piece in memory.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="buffer">Overwritten with every piece.</param>
    /// <param name="consume">Called with the pieces, in order.</param>
    /// <param name="cancellationToken">Looked at between pieces.</param>
    public void StreamTensor(GgufTensor tensor, Memory<byte> buffer, Action<ReadOnlyMemory<byte>> consume, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        for (var done = 0L; done < tensor.LengthBytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = buffer[..(int)Math.Min(buffer.Length, tensor.LengthBytes - done)];
            Read(tensor.OffsetBytes + done, piece.Span);
            consume(piece);
            done += piece.Length;
        }
    }

    /// <summary>A read-only view of a tensor's bytes, mapped and not read; the caller disposes it.</summary>
    /// <remarks>
    /// The view starts at a page border: the tensor's first byte is <see cref="UnmanagedMemoryAccessor"/>'s PointerOffset bytes after
    /// the pointer that its handle gives.
    /// </remarks>
    public MemoryMappedViewAccessor MapTensor(GgufTensor tensor)
    {
        using var file = MemoryMappedFile.CreateFromFile(
            _handle, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        return file.CreateViewAccessor(tensor.OffsetBytes, tensor.LengthBytes, MemoryMappedFileAccess.Read);
    }

    /// <summary>Held against a copy or a hash of the whole file that has just been made.</summary>
    /// <exception cref="ModelFileException">The file has been written to since it was opened.</exception>
    public void RequireUnchanged()
    {
        if (File.GetLastWriteTimeUtc(_handle) != WrittenAt || RandomAccess.GetLength(_handle) != LengthBytes)
            throw FileFault.InFile(Path, "the file has been written to since it was opened; open it again");
    }

    internal HeaderReader HeaderReaderAt(long offsetBytes) => new(_handle, LengthBytes, Path, offsetBytes);

    public void Dispose() => _handle.Dispose();
}
