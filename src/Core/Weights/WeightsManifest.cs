using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Weights;

/// <summary>
/// What a model's files are, piece by piece: whoever has it can take the pieces from anybody and be sure of each. The same files have the
/// same manifest on every machine, byte for byte, and its <see cref="Root"/> stands for all of it.
/// </summary>
/// <remarks>
/// Its bytes, little-endian: magic u32, version u16, bytes of a piece u32, SHA-256 of the model 32, its id (u16 and UTF-8), files u16; for
/// each its name (u16 and UTF-8), length i64, header i64; then the SHA-256 of every piece. Every file begins a new piece.
/// </remarks>
public sealed class WeightsManifest
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>Of a manifest itself.</summary>
    public const int MaxBytes = 4 << 20;

    public const int MaxPieces = 1 << 16;

    public const int MaxFiles = 1024;

    public const int MinPieceBytes = 64 << 10;

    public const int MaxPieceBytes = 16 << 20;

    internal const int MaxTextBytes = 255;

    internal const uint Magic = 0x4D573245; // "E2WM"

    internal const ushort Version = 1;

    // Enough that a slice's ends cost little beside it, and few enough for a manifest of some hundred kilobytes.
    private const int UsualPieces = 4096;

    private readonly ImmutableArray<int> _firstPieces;
    private readonly int _hashesAt;

    internal WeightsManifest(ReadOnlyMemory<byte> bytes, string modelId, string sha256, int pieceBytes, ImmutableArray<WeightsFile> files, int hashesAt)
    {
        Bytes = bytes;
        ModelId = modelId;
        Sha256 = sha256;
        PieceBytes = pieceBytes;
        Files = files;
        LengthBytes = files.Sum(file => file.LengthBytes);
        Root = Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
        _hashesAt = hashesAt;
        var first = ImmutableArray.CreateBuilder<int>(files.Length);
        foreach (var file in files)
        {
            first.Add(PieceCount);
            PieceCount += (int)PiecesOf(file.LengthBytes, pieceBytes);
        }
        _firstPieces = first.MoveToImmutable();
    }

    /// <summary>The manifest as it goes over the network and onto the disk.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Lower-case hex SHA-256 of <see cref="Bytes"/>.</summary>
    public string Root { get; }

    /// <summary>The name that clients ask for.</summary>
    public string ModelId { get; }

    /// <summary>Lower-case hex SHA-256 of the model's file, or of its parts one after another.</summary>
    public string Sha256 { get; }

    /// <summary>A power of two.</summary>
    public int PieceBytes { get; }

    /// <summary>In the order of the parts.</summary>
    public ImmutableArray<WeightsFile> Files { get; }

    public int PieceCount { get; }

    /// <summary>Of all files.</summary>
    public long LengthBytes { get; }

    /// <summary>How large the pieces of a model of so many bytes are.</summary>
    public static int PieceBytesFor(long modelBytes) =>
        (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, modelBytes / UsualPieces)), MinPieceBytes, MaxPieceBytes);

    /// <param name="modelId">Not empty.</param>
    /// <param name="sha256">Of the model.</param>
    /// <param name="pieceBytes">A power of two.</param>
    /// <param name="files">At least one.</param>
    /// <param name="hashes">SHA-256 of every piece, one after another.</param>
    /// <exception cref="ModelFileException">The model cannot have a manifest: it is too large, or a name is too long.</exception>
    public static WeightsManifest Create(
        string modelId, string sha256, int pieceBytes, IReadOnlyList<WeightsFile> files, ReadOnlySpan<byte> hashes)
    {
        ArgumentNullException.ThrowIfNull(files);
        var bytes = ManifestFormat.Write(modelId, sha256, pieceBytes, files, hashes);
        return ManifestFormat.Read(bytes);
    }

    /// <param name="bytes">From anywhere; not changed afterwards.</param>
    /// <param name="root">What they have to hash to.</param>
    /// <exception cref="ModelFileException">They do not, or are no manifest.</exception>
    public static WeightsManifest Parse(ReadOnlyMemory<byte> bytes, string root)
    {
        var manifest = bytes.Length <= MaxBytes ? ManifestFormat.Read(bytes) : throw ManifestFormat.Fault($"it has {bytes.Length} bytes; {MaxBytes} are possible");
        return manifest.Root == root ? manifest : throw ManifestFormat.Fault($"it hashes to {manifest.Root}, not to {root}");
    }

    public WeightsPiece Piece(int piece)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(piece);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(piece, PieceCount);
        var file = Files.Length - 1;
        while (_firstPieces[file] > piece)
            file--;
        var offset = (long)(piece - _firstPieces[file]) * PieceBytes;
        return new WeightsPiece(file, offset, (int)Math.Min(PieceBytes, Files[file].LengthBytes - offset));
    }

    /// <summary>The piece that has a byte of a file.</summary>
    public int PieceAt(int file, long offsetBytes) => _firstPieces[file] + (int)(offsetBytes / PieceBytes);

    /// <summary>The pieces that have any byte of a range, in their order.</summary>
    public IEnumerable<int> PiecesOf(int file, long offsetBytes, long lengthBytes)
    {
        if (lengthBytes <= 0)
            return [];
        var first = PieceAt(file, offsetBytes);
        return Enumerable.Range(first, PieceAt(file, offsetBytes + lengthBytes - 1) - first + 1);
    }

    /// <summary>The pieces that a model's sizes, vocabulary and tensor descriptions are in.</summary>
    public IEnumerable<int> HeaderPieces() => Files.SelectMany((file, index) => PiecesOf(index, 0, file.HeaderBytes));

    public long LengthOf(IEnumerable<int> pieces) => pieces.Sum(piece => (long)Piece(piece).LengthBytes);

    /// <summary>Whether these are the bytes of a piece.</summary>
    public bool IsPiece(int piece, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Piece(piece).LengthBytes)
            return false;
        Span<byte> hash = stackalloc byte[HashBytes];
        SHA256.HashData(bytes, hash);
        return hash.SequenceEqual(Bytes.Span.Slice(_hashesAt + piece * HashBytes, HashBytes));
    }

    internal static long PiecesOf(long lengthBytes, int pieceBytes) => (lengthBytes + pieceBytes - 1) / pieceBytes;
}
