using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Writes a GGUF file front to back: first all metadata and tensor descriptions, then the tensors' bytes in the order in which they were
/// described. Holds the metadata in memory, and no tensor.
/// </summary>
public sealed class GgufWriter(Stream output, int alignmentBytes = GgufFormat.DefaultAlignmentBytes)
{
    private readonly ArrayBufferWriter<byte> _entries = new();
    private readonly ArrayBufferWriter<byte> _infos = new();
    private readonly List<long> _lengths = [];
    private long _entryCount;
    private long _dataBytes;
    private int _tensor = -1;
    private long _left;

    public void Add(string key, uint value)
    {
        AddKey(key, GgufValueType.UInt32);
        Put(_entries, value);
    }

    public void Add(string key, int value)
    {
        AddKey(key, GgufValueType.Int32);
        Put(_entries, (uint)value);
    }

    public void Add(string key, ushort value)
    {
        AddKey(key, GgufValueType.UInt16);
        _entries.Write([(byte)value, (byte)(value >> 8)]);
    }

    public void Add(string key, float value)
    {
        AddKey(key, GgufValueType.Float32);
        Put(_entries, BitConverter.SingleToUInt32Bits(value));
    }

    public void Add(string key, bool value)
    {
        AddKey(key, GgufValueType.Bool);
        _entries.Write([value ? (byte)1 : (byte)0]);
    }

    public void Add(string key, string value)
    {
        AddKey(key, GgufValueType.String);
        Put(_entries, value);
    }

    /// <summary>An array of numbers or bools, whose memory is little-endian already.</summary>
    public void AddArray<T>(string key, GgufValueType elementType, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        if (bytes.Length != (long)values.Length * GgufFormat.ScalarBytes(elementType))
            throw new ArgumentException($"{typeof(T).Name} is not as wide as {elementType}.", nameof(elementType));
        AddArrayHeader(key, elementType, values.Length);
        _entries.Write(bytes);
    }

    public void AddArray(string key, IReadOnlyCollection<string> values)
    {
        AddArrayHeader(key, GgufValueType.String, values.Count);
        foreach (var value in values)
            Put(_entries, value);
    }

    /// <summary>A pair of another file, byte for byte.</summary>
    public void AddCopy(GgufFile source, GgufEntry entry)
    {
        AddKey(entry.Key, entry.Type);
        if (entry.Type == GgufValueType.Array)
            Put(_entries, (uint)entry.ElementType);
        if (entry.Type is GgufValueType.Array or GgufValueType.String)
            Put(_entries, (ulong)entry.Count);
        Copy(source, entry.DataOffsetBytes, entry.DataLengthBytes);
    }

    /// <summary>Some of the elements of another file's array of numbers or bools.</summary>
    public void AddCopy(GgufFile source, GgufEntry entry, int firstElement, int count)
    {
        var elementBytes = GgufFormat.ScalarBytes(entry.ElementType);
        if (entry.Type != GgufValueType.Array || elementBytes == 0)
            throw new ArgumentException($"'{entry.Key}' is no array of elements of one size.", nameof(entry));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)firstElement + count, entry.Count, nameof(count));
        AddArrayHeader(entry.Key, entry.ElementType, count);
        Copy(source, entry.DataOffsetBytes + (long)firstElement * elementBytes, (long)count * elementBytes);
    }

    /// <summary>Describes the next tensor.</summary>
    /// <param name="shape">1 to 4 extents, the fastest one first; the first is a multiple of the type's block.</param>
    public void AddTensor(string name, GgmlType type, params ReadOnlySpan<long> shape)
    {
        var traits = GgmlTypeTraits.Of(type);
        if (shape.Length is 0 or > GgufFormat.MaxDimensions || shape[0] % traits.BlockElements != 0)
            throw new ArgumentException($"The tensor '{name}' cannot have {shape.Length} dimensions, the first of them a row of {type}.", nameof(shape));
        Put(_infos, name);
        Put(_infos, (uint)shape.Length);
        var lengthBytes = traits.RowBytes(shape[0]);
        for (var i = 0; i < shape.Length; i++)
        {
            Put(_infos, (ulong)shape[i]);
            if (i > 0)
                lengthBytes = checked(lengthBytes * shape[i]);
        }
        Put(_infos, (uint)type);
        Put(_infos, (ulong)_dataBytes);
        _lengths.Add(lengthBytes);
        _dataBytes = GgufFormat.Align(_dataBytes + lengthBytes, alignmentBytes);
    }

    /// <summary>Writes the header. After this come the tensors' bytes.</summary>
    public void BeginData()
    {
        if (alignmentBytes != GgufFormat.DefaultAlignmentBytes)
            Add(GgufFormat.AlignmentKey, (uint)alignmentBytes);
        var head = new ArrayBufferWriter<byte>();
        Put(head, GgufFormat.Magic);
        Put(head, GgufFormat.Version);
        Put(head, (ulong)_lengths.Count);
        Put(head, (ulong)_entryCount);
        output.Write(head.WrittenSpan);
        output.Write(_entries.WrittenSpan);
        output.Write(_infos.WrittenSpan);
        Pad(head.WrittenCount + _entries.WrittenCount + _infos.WrittenCount);
        NextTensor();
    }

    /// <summary>The next bytes of the current tensor. Padding follows its last byte by itself.</summary>
    /// <exception cref="ArgumentException">More bytes than the tensor has left.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _left)
            throw new ArgumentException($"Tensor {_tensor} has {_left} bytes left, not {bytes.Length}.", nameof(bytes));
        output.Write(bytes);
        _left -= bytes.Length;
        if (_left > 0)
            return;
        Pad(_lengths[_tensor]);
        NextTensor();
    }

    /// <exception cref="InvalidOperationException">Bytes of a tensor are missing.</exception>
    public void Complete()
    {
        if (_tensor < _lengths.Count)
            throw new InvalidOperationException($"{_left} bytes of tensor {_tensor} of {_lengths.Count} have not been written.");
        output.Flush();
    }

    private void NextTensor()
    {
        _tensor++;
        _left = _tensor < _lengths.Count ? _lengths[_tensor] : 0;
    }

    private void Pad(long bytes)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[256];
        for (var left = GgufFormat.Align(bytes, alignmentBytes) - bytes; left > 0; left -= zeros.Length)
            output.Write(zeros[..(int)Math.Min(left, zeros.Length)]);
    }

    private void Copy(GgufFile source, long offsetBytes, long lengthBytes)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (var done = 0L; done < lengthBytes;)
        {
            var piece = buffer[..(int)Math.Min(buffer.Length, lengthBytes - done)];
            source.Read(offsetBytes + done, piece);
            _entries.Write(piece);
            done += piece.Length;
        }
    }

    private void AddKey(string key, GgufValueType type)
    {
        Put(_entries, key);
        Put(_entries, (uint)type);
        _entryCount++;
    }

    private void AddArrayHeader(string key, GgufValueType elementType, int count)
    {
        AddKey(key, GgufValueType.Array);
        Put(_entries, (uint)elementType);
        Put(_entries, (ulong)count);
    }

    private static void Put(ArrayBufferWriter<byte> stream, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Put(ArrayBufferWriter<byte> stream, ulong value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void Put(ArrayBufferWriter<byte> stream, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        Put(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }
}
