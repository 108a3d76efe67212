using System.Buffers.Binary;
using System.Collections.Immutable;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Parses the header of an untrusted file. Every count, length and offset is held against the file's size before anything
/// depends on it, so that what is allocated stays in proportion to the file.
/// </summary>
internal sealed class HeaderParser(HeaderReader reader, long fileBytes)
{
    // Key of one character (8 + 1), type (4), value of one byte.
    private const int MinEntryBytes = 14;

    // Name of one character (8 + 1), dimension count (4), one extent (8), type (4), offset (8).
    private const int MinTensorInfoBytes = 33;

    private readonly List<GgufEntry> _entries = [];
    private readonly HashSet<string> _keys = [];

    public GgufHeader Parse()
    {
        var version = ReadVersion();
        var tensorCount = reader.ReadCount(GgufFormat.MaxEntries, MinTensorInfoBytes, "the tensor count");
        var entryCount = reader.ReadCount(GgufFormat.MaxEntries, MinEntryBytes, "the metadata count");
        for (var i = 0L; i < entryCount; i++)
            _entries.Add(ReadEntry());
        var alignment = Alignment();
        var tensors = new TensorInfoParser(reader, fileBytes, alignment).Parse(tensorCount);
        return new GgufHeader(version, alignment, [.. _entries], tensors);
    }

    private uint ReadVersion()
    {
        if (reader.ReadUInt32("the magic number") != GgufFormat.Magic)
            throw reader.Fault(0, "this is no GGUF file: it does not start with the letters GGUF");
        var version = reader.ReadUInt32("the version");
        if (BinaryPrimitives.ReverseEndianness(version) is >= 1 and <= GgufFormat.Version)
            throw reader.Fault(4, "the file is big-endian; only little-endian GGUF is supported");
        if (version is < GgufFormat.OldestVersion or > GgufFormat.Version)
            throw reader.Fault(4, $"GGUF version {version} is not supported; {GgufFormat.OldestVersion} to {GgufFormat.Version} are");
        return version;
    }

    private GgufEntry ReadEntry()
    {
        var offset = reader.Position;
        var key = reader.ReadName(GgufFormat.MaxKeyBytes, "a metadata key");
        if (!_keys.Add(key))
            throw reader.Fault(offset, $"the key '{key}' occurs twice");
        var type = ReadType(key);
        return type switch
        {
            GgufValueType.String => ReadString(key, offset),
            GgufValueType.Array => ReadArray(key, offset),
            _ => ReadScalar(key, type, offset),
        };
    }

    private GgufValueType ReadType(string key)
    {
        var offset = reader.Position;
        var type = (GgufValueType)reader.ReadUInt32($"the value type of '{key}'");
        return type <= GgufValueType.Float64 ? type : throw reader.Fault(offset, $"'{key}' has the unknown value type {(uint)type}");
    }

    private GgufEntry ReadScalar(string key, GgufValueType type, long offset)
    {
        var dataOffset = reader.Position;
        var bytes = GgufFormat.ScalarBytes(type);
        var bits = reader.ReadScalar(bytes, $"the value of '{key}'");
        if (type == GgufValueType.Bool && bits > 1)
            throw reader.Fault(dataOffset, $"'{key}' is a bool, but its value is {bits}");
        return new GgufEntry(key, type, type, 1, offset, dataOffset, bytes, bits);
    }

    private GgufEntry ReadString(string key, long offset)
    {
        var length = reader.ReadCount(GgufFormat.MaxStringBytes, 1, $"the length of '{key}'");
        var dataOffset = reader.Position;
        reader.Skip(length, $"the value of '{key}'");
        return new GgufEntry(key, GgufValueType.String, GgufValueType.String, length, offset, dataOffset, length, 0);
    }

    private GgufEntry ReadArray(string key, long offset)
    {
        var typeOffset = reader.Position;
        var type = ReadType(key);
        // The format allows arrays of arrays and llama.cpp refuses them: no key that it reads has one.
        if (type == GgufValueType.Array)
            throw reader.Fault(typeOffset, $"'{key}' is an array of arrays, which no model needs");
        var scalarBytes = GgufFormat.ScalarBytes(type);
        var count = reader.ReadCount(
            GgufFormat.MaxArrayElements, type == GgufValueType.String ? sizeof(ulong) : scalarBytes, $"the element count of '{key}'");
        var dataOffset = reader.Position;
        if (type == GgufValueType.String)
        {
            var what = $"a string of '{key}'";
            var lengthOf = $"the length of a string of '{key}'";
            for (var i = 0L; i < count; i++)
                reader.Skip(reader.ReadCount(GgufFormat.MaxStringBytes, 1, lengthOf), what);
        }
        else
        {
            reader.Skip(count * scalarBytes, $"the elements of '{key}'");
        }
        return new GgufEntry(key, GgufValueType.Array, type, count, offset, dataOffset, reader.Position - dataOffset, 0);
    }

    private int Alignment()
    {
        if (_entries.Find(entry => entry.Key == GgufFormat.AlignmentKey) is not { } entry)
            return GgufFormat.DefaultAlignmentBytes;
        if (entry.Type != GgufValueType.UInt32)
            throw reader.Fault(entry.OffsetBytes, $"'{entry.Key}' must be a UInt32, not a {entry.Type}");
        if (entry.Bits is < GgufFormat.MinAlignmentBytes or > GgufFormat.MaxAlignmentBytes || !ulong.IsPow2(entry.Bits))
            throw reader.Fault(entry.DataOffsetBytes,
                $"'{entry.Key}' is {entry.Bits}; it must be a power of two from {GgufFormat.MinAlignmentBytes} to {GgufFormat.MaxAlignmentBytes}");
        return (int)entry.Bits;
    }
}

/// <summary>What a header says.</summary>
internal sealed record GgufHeader(uint Version, int AlignmentBytes, ImmutableArray<GgufEntry> Entries, ImmutableArray<GgufTensor> Tensors);
