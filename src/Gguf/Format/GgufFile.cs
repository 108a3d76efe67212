using System.Collections.Frozen;
using System.Collections.Immutable;
using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>
/// An open GGUF file whose container has been validated: what the header says is consistent and lies within the file. A model that
/// gguf-split has split into several files is one here. Whether it is a model that can be served is <see cref="Models.ModelFile"/>'s
/// question. Thread-safe. Files that change while they are open are noticed: <see cref="RequireUnchanged()"/>.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly FrozenDictionary<string, GgufTensor> _tensors;

    private GgufFile(ImmutableArray<GgufPart> parts)
    {
        Parts = parts;
        LengthBytes = parts.Sum(part => part.LengthBytes);
        Tensors = [.. parts.SelectMany((part, index) => part.Header.Tensors.Select(tensor => tensor with { Part = index }))];
        Metadata = new GgufMetadata(this, parts[0].Header.Entries);
        _tensors = Tensors.ToFrozenDictionary(tensor => tensor.Name);
    }

    /// <summary>Of the first part, where there are several: the one that llama.cpp wants to be given.</summary>
    public string Path => Parts[0].Path;

    /// <summary>Of all parts together.</summary>
    public long LengthBytes { get; }

    /// <summary>When the file was last written to, as it was opened; UTC. Of the first part, where there are several.</summary>
    public DateTime WrittenAt => Parts[0].WrittenAt;

    /// <summary>Of the first part, where there are several; each has its own.</summary>
    public int AlignmentBytes => Parts[0].Header.AlignmentBytes;

    public GgufMetadata Metadata { get; }

    /// <summary>In file order.</summary>
    public ImmutableArray<GgufTensor> Tensors { get; }

    /// <summary>The files, in their order; one where the model is not split.</summary>
    internal ImmutableArray<GgufPart> Parts { get; }

    /// <param name="path">A whole file, or any part of a split one.</param>
    /// <exception cref="ModelFileException">The file or one of its parts is missing, unreadable, damaged or hostile.</exception>
    public static GgufFile Open(string path) => new(SplitParts.Open(path));

    /// <param name="parts">The bytes of all parts, in their order; the file's from now on, also where this throws.</param>
    /// <exception cref="ModelFileException">They are damaged or hostile, or not the parts of one model.</exception>
    internal static GgufFile Open(IReadOnlyList<IPartBytes> parts)
    {
        var opened = new List<GgufPart>(parts.Count);
        try
        {
            foreach (var part in parts)
                opened.Add(GgufPart.Open(part));
            return new GgufFile(SplitParts.Join([.. opened]));
        }
        catch
        {
            foreach (var part in parts)
                part.Dispose();
            throw;
        }
    }

    public GgufTensor? FindTensor(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Fills the buffer with the bytes at an offset; of the first part, which has the metadata.</summary>
    /// <exception cref="ModelFileException">The file has become shorter.</exception>
    public void Read(long offsetBytes, Span<byte> destination) => Parts[0].Read(offsetBytes, destination);

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
            Parts[tensor.Part].Read(tensor.OffsetBytes + done, piece.Span);
            consume(piece);
            done += piece.Length;
        }
    }

    /// <summary>Fills the buffer with a tensor's bytes.</summary>
    /// <remarks>
    /// Read and not mapped: a map of a file that somebody cuts short ends the process, where a read says so.
    /// <see cref="RequireUnchanged(GgufTensor)"/>, asked afterwards, tells whether the bytes are those of the file that was opened.
    /// </remarks>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offsetBytes">Within the tensor.</param>
    /// <param name="destination">Of no more bytes than the tensor has from there on.</param>
    /// <exception cref="ModelFileException">The file has become shorter.</exception>
    public void ReadTensor(GgufTensor tensor, long offsetBytes, Span<byte> destination) =>
        Parts[tensor.Part].Read(tensor.OffsetBytes + offsetBytes, destination);

    /// <summary>Whether the file of a tensor is as it was when it was opened; takes some microseconds.</summary>
    /// <exception cref="ModelFileException">It has been written to.</exception>
    public void RequireUnchanged(GgufTensor tensor) => Parts[tensor.Part].RequireUnchanged();

    /// <summary>Held against a copy or a hash of the whole file that has just been made.</summary>
    /// <exception cref="ModelFileException">The file, or one of its parts, has been written to since it was opened.</exception>
    public void RequireUnchanged()
    {
        foreach (var part in Parts)
            part.RequireUnchanged();
    }

    internal HeaderReader HeaderReaderAt(long offsetBytes) => Parts[0].HeaderReaderAt(offsetBytes);

    /// <summary>An error that names the file and the place of a tensor's description.</summary>
    internal ModelFileException Fault(GgufTensor tensor, string reason) => FileFault.At(Parts[tensor.Part].Path, tensor.InfoOffsetBytes, reason);

    public void Dispose()
    {
        foreach (var part in Parts)
            part.Dispose();
    }
}
