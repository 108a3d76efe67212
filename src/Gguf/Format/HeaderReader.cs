using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Reads little-endian values forwards from a file, none past its end. Holds 64 KiB, whatever the file claims about itself.
/// </summary>
internal sealed class HeaderReader(IPartBytes bytes, long startBytes = 0)
{
    /// <summary>No single read is longer.</summary>
    public const int MaxReadBytes = 1 << 16;

    private readonly byte[] _buffer = new byte[MaxReadBytes];
    private long _bufferOffset;
    private int _bufferBytes;

    public long Position { get; private set; } = startBytes;

    public long Remaining => bytes.LengthBytes - Position;

    public ModelFileException Fault(long offsetBytes, string reason) => FileFault.At(bytes.Path, offsetBytes, reason);

    public uint ReadUInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint), what));

    public ulong ReadUInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong), what));

    /// <summary>A scalar of 1, 2, 4 or 8 bytes, zero-extended.</summary>
    public ulong ReadScalar(int width, string what)
    {
        Span<byte> wide = stackalloc byte[sizeof(ulong)];
        wide.Clear();
        Take(width, what).CopyTo(wide);
        return BinaryPrimitives.ReadUInt64LittleEndian(wide);
    }

    /// <summary>A count of things that take at least so many bytes each: refused where the rest of the file cannot hold them.</summary>
    public long ReadCount(long limit, int minBytesEach, string what)
    {
        var offset = Position;
        var count = ReadUInt64(what);
        if (count > (ulong)limit)
            throw Fault(offset, $"{what} is {count}, above the limit of {limit}");
        if (count > (ulong)(Remaining / minBytesEach))
            throw Fault(offset, $"{what} is {count}, but the {Remaining} bytes that are left cannot hold so many");
        return (long)count;
    }

    /// <summary>A short string of valid UTF-8 that is not empty.</summary>
    public string ReadName(int maxBytes, string what)
    {
        var offset = Position;
        var length = ReadCount(maxBytes, 1, $"the length of {what}");
        if (length == 0)
            throw Fault(offset, $"{what} is empty");
        var text = Take((int)length, what);
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
            throw Fault(offset, $"{what} is not valid UTF-8 without zero characters");
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>A string's bytes, valid until the next read.</summary>
    /// <param name="maxBytes">At most <see cref="MaxReadBytes"/>.</param>
    public ReadOnlySpan<byte> ReadText(int maxBytes, string what) => Take((int)ReadCount(maxBytes, 1, what), what);

    public void Skip(long length, string what)
    {
        if (length > Remaining)
            throw Fault(Position, $"{what} needs {length} bytes, but the file ends after {Remaining}");
        Position += length;
    }

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > Remaining)
            throw Fault(Position, $"the file ends inside {what}");
        if (Position < _bufferOffset || Position + length > _bufferOffset + _bufferBytes)
            Fill(length, what);
        var span = _buffer.AsSpan((int)(Position - _bufferOffset), length);
        Position += length;
        return span;
    }

    private void Fill(int needed, string what)
    {
        _bufferOffset = Position;
        _bufferBytes = 0;
        while (_bufferBytes < needed)
        {
            var read = bytes.Read(_bufferOffset + _bufferBytes, _buffer.AsSpan(_bufferBytes));
            if (read == 0)
                throw Fault(_bufferOffset + _bufferBytes, $"the file was cut short while {what} was read");
            _bufferBytes += read;
        }
    }
}
