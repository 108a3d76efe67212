using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using System.Text.Unicode;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Weights;

/// <summary>Writes and reads the bytes of a manifest. What is read may come from anybody.</summary>
internal static class ManifestFormat
{
    private const int FixedBytes = 4 + 2 + 4 + WeightsManifest.HashBytes;
    private const long MaxFileBytes = (long)WeightsManifest.MaxPieces * WeightsManifest.MaxPieceBytes;

    public static byte[] Write(string modelId, string sha256, int pieceBytes, IReadOnlyList<WeightsFile> files, ReadOnlySpan<byte> hashes)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(WeightsManifest.Magic);
        writer.Write(WeightsManifest.Version);
        writer.Write(pieceBytes);
        writer.Write(Convert.FromHexString(sha256));
        WriteText(writer, modelId);
        writer.Write(checked((ushort)files.Count));
        foreach (var file in files)
        {
            WriteText(writer, file.Name);
            writer.Write(file.LengthBytes);
            writer.Write(file.HeaderBytes);
        }
        writer.Write(hashes);
        return stream.ToArray();
    }

    /// <exception cref="ModelFileException">The bytes are no manifest.</exception>
    public static WeightsManifest Read(ReadOnlyMemory<byte> bytes)
    {
        var rest = bytes.Span;
        var head = Take(ref rest, FixedBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(head) != WeightsManifest.Magic)
            throw Fault("it is none");
        if (BinaryPrimitives.ReadUInt16LittleEndian(head[4..]) is var version && version != WeightsManifest.Version)
            throw Fault($"it has version {version}; this side reads version {WeightsManifest.Version}");
        var pieceBytes = BinaryPrimitives.ReadInt32LittleEndian(head[6..]);
        if (pieceBytes is < WeightsManifest.MinPieceBytes or > WeightsManifest.MaxPieceBytes || !BitOperations.IsPow2(pieceBytes))
            throw Fault($"its pieces have {pieceBytes} bytes");
        var sha256 = Convert.ToHexStringLower(head[10..]);
        var modelId = ReadText(ref rest, "the model's id");
        var count = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)));
        if (count is 0 or > WeightsManifest.MaxFiles)
            throw Fault($"it has {count} files");
        var files = ImmutableArray.CreateBuilder<WeightsFile>(count);
        var pieces = 0L;
        for (var index = 0; index < count; index++)
        {
            files.Add(ReadFile(ref rest));
            pieces += WeightsManifest.PiecesOf(files[index].LengthBytes, pieceBytes);
        }
        if (pieces > WeightsManifest.MaxPieces)
            throw Fault($"it has {pieces} pieces; {WeightsManifest.MaxPieces} are possible");
        if (rest.Length != pieces * WeightsManifest.HashBytes)
            throw Fault($"it has {rest.Length} bytes of hashes for {pieces} pieces");
        return new WeightsManifest(bytes, modelId, sha256, pieceBytes, files.MoveToImmutable(), bytes.Length - rest.Length);
    }

    public static ModelFileException Fault(string reason) => new($"The manifest of a model's weights cannot be used: {reason}.");

    private static WeightsFile ReadFile(ref ReadOnlySpan<byte> rest)
    {
        var name = ReadText(ref rest, "a file's name");
        if (name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', ':'))
            throw Fault("a file's name is none, but a path");
        var sizes = Take(ref rest, 2 * sizeof(long));
        var length = BinaryPrimitives.ReadInt64LittleEndian(sizes);
        var header = BinaryPrimitives.ReadInt64LittleEndian(sizes[sizeof(long)..]);
        if (length is < 1 or > MaxFileBytes || header < 1 || header > length)
            throw Fault($"'{name}' has {length} bytes, and a header of {header}");
        return new WeightsFile(name, length, header);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length is 0 or > WeightsManifest.MaxTextBytes)
            throw Fault($"the name '{text}' is not of 1 to {WeightsManifest.MaxTextBytes} bytes");
        writer.Write((ushort)bytes.Length);
        writer.Write(bytes);
    }

    private static string ReadText(ref ReadOnlySpan<byte> rest, string what)
    {
        var length = BinaryPrimitives.ReadUInt16LittleEndian(Take(ref rest, sizeof(ushort)));
        if (length is 0 or > WeightsManifest.MaxTextBytes)
            throw Fault($"{what} has {length} bytes");
        var bytes = Take(ref rest, length);
        if (!Utf8.IsValid(bytes))
            throw Fault($"{what} is not UTF-8");
        var text = Encoding.UTF8.GetString(bytes);
        return text.Any(char.IsControl) ? throw Fault($"{what} has control characters") : text;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, int bytes)
    {
        if (bytes > rest.Length)
            throw Fault("it ends too early");
        var taken = rest[..bytes];
        rest = rest[bytes..];
        return taken;
    }
}
