using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>
/// The metadata of a file. Values have exactly the type that is asked for, as llama.cpp wants it: another type is an error,
/// a missing key is null.
/// </summary>
public sealed class GgufMetadata
{
    /// <summary>Strings that are read whole: names and chat templates.</summary>
    public const int MaxTextBytes = 4 << 20;

    private readonly GgufFile _file;
    private readonly FrozenDictionary<string, GgufEntry> _byKey;

    internal GgufMetadata(GgufFile file, ImmutableArray<GgufEntry> entries)
    {
        _file = file;
        Entries = entries;
        _byKey = entries.ToFrozenDictionary(entry => entry.Key);
    }

    /// <summary>In file order.</summary>
    public ImmutableArray<GgufEntry> Entries { get; }

    public GgufEntry? Find(string key) => _byKey.GetValueOrDefault(key);

    /// <exception cref="ModelFileException">The value is no UInt32.</exception>
    public uint? FindUInt32(string key) => (uint?)Find(key, GgufValueType.UInt32)?.Bits;

    /// <exception cref="ModelFileException">The value is no Float32.</exception>
    public float? FindFloat32(string key) =>
        Find(key, GgufValueType.Float32) is { } entry ? BitConverter.UInt32BitsToSingle((uint)entry.Bits) : null;

    /// <exception cref="ModelFileException">The value is no bool.</exception>
    public bool? FindBool(string key) => Find(key, GgufValueType.Bool) is { } entry ? entry.Bits != 0 : null;

    /// <exception cref="ModelFileException">The value is no string of valid UTF-8, or longer than <see cref="MaxTextBytes"/>.</exception>
    public string? FindString(string key)
    {
        if (Find(key, GgufValueType.String) is not { } entry)
            return null;
        if (entry.DataLengthBytes > MaxTextBytes)
            throw Fault(entry, $"'{key}' is a text of {entry.DataLengthBytes} bytes; the limit is {MaxTextBytes}");
        var bytes = new byte[entry.DataLengthBytes];
        _file.Read(entry.DataOffsetBytes, bytes);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (ArgumentException error)
        {
            throw new ModelFileException(Fault(entry, $"'{key}' is not valid UTF-8").Message, error);
        }
    }

    /// <summary>A short array of 32-bit integers or bools (as 0 and 1), such as one value for each layer.</summary>
    /// <exception cref="ModelFileException">The value is no such array, or longer than the limit.</exception>
    public ImmutableArray<long>? FindIntegers(string key, int maxCount)
    {
        if (Find(key, GgufValueType.Array) is not { } entry)
            return null;
        if (entry.Count > maxCount)
            throw Fault(entry, $"'{key}' has {entry.Count} elements; at most {maxCount} are possible");
        var bytes = new byte[entry.DataLengthBytes];
        _file.Read(entry.DataOffsetBytes, bytes);
        return entry.ElementType switch
        {
            GgufValueType.UInt32 => [.. MemoryMarshal.Cast<byte, uint>(bytes).ToArray().Select(value => (long)value)],
            GgufValueType.Int32 => [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray().Select(value => (long)value)],
            GgufValueType.Bool => [.. bytes.Select(value => value == 0 ? 0L : 1L)],
            _ => throw Fault(entry, $"'{key}' is an array of {entry.ElementType}; it must hold 32-bit integers or bools"),
        };
    }

    /// <summary>The strings of an array, in order, one at a time in a buffer that the next one overwrites.</summary>
    /// <exception cref="ModelFileException">A string is longer than the limit.</exception>
    public void ForEachString(GgufEntry entry, int maxBytes, Action<ReadOnlySpan<byte>> consume)
    {
        if (entry is not { Type: GgufValueType.Array, ElementType: GgufValueType.String })
            throw new ArgumentException($"'{entry.Key}' is no array of strings.", nameof(entry));
        var reader = _file.HeaderReaderAt(entry.DataOffsetBytes);
        var what = $"a string of '{entry.Key}'";
        for (var i = 0L; i < entry.Count; i++)
            consume(reader.ReadText(maxBytes, what));
    }

    /// <summary>An error that names the file and the place of a pair.</summary>
    public ModelFileException Fault(GgufEntry entry, string reason) => FileFault.At(_file.Path, entry.OffsetBytes, reason);

    private GgufEntry? Find(string key, GgufValueType type)
    {
        var entry = Find(key);
        return entry is null || entry.Type == type ? entry : throw Fault(entry, $"'{key}' must be of type {type}, not {entry.Type}");
    }
}
