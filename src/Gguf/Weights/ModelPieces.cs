using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Weights;

/// <summary>A whole model on this machine as pieces for others. Thread-safe; the model's file stays its owner's, who may not change it meanwhile.</summary>
public sealed class ModelPieces : IPieceSource
{
    private const int ReadBytes = 1 << 20;

    private readonly GgufFile _file;

    /// <param name="model">Open for as long as this is used.</param>
    /// <param name="manifest">Of this very model.</param>
    internal ModelPieces(ModelFile model, WeightsManifest manifest) => (_file, Manifest) = (model.File, manifest);

    public WeightsManifest Manifest { get; }

    public bool IsWhole => true;

    public bool Has(int piece) => true;

    public void Read(int piece, int offsetBytes, Span<byte> destination)
    {
        var place = Manifest.Piece(piece);
        var part = _file.Parts[place.File];
        part.Read(place.OffsetBytes + offsetBytes, destination);
        part.RequireUnchanged();
    }

    /// <summary>Hashes a model piece by piece, on a thread of its own: some gigabytes take seconds of arithmetic.</summary>
    /// <param name="sha256">Of the model, whose weights have been looked through with it.</param>
    /// <exception cref="ModelFileException">The file has been changed since it was opened, or is too large.</exception>
    internal static Task<WeightsManifest> HashAsync(ModelFile model, string sha256, CancellationToken cancellationToken) => Task.Factory.StartNew(
        () => Hash(model, sha256, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static WeightsManifest Hash(ModelFile model, string sha256, CancellationToken cancellationToken)
    {
        var parts = model.File.Parts;
        var pieceBytes = WeightsManifest.PieceBytesFor(model.File.LengthBytes);
        using var hashes = new MemoryStream();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ReadBytes];
        foreach (var part in parts)
        {
            for (var offset = 0L; offset < part.LengthBytes;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var toPieceEnd = pieceBytes - (int)(offset % pieceBytes);
                var bytes = buffer.AsSpan(0, (int)Math.Min(Math.Min(ReadBytes, toPieceEnd), part.LengthBytes - offset));
                part.Read(offset, bytes);
                hash.AppendData(bytes);
                offset += bytes.Length;
                if (offset % pieceBytes == 0 || offset == part.LengthBytes)
                    hashes.Write(hash.GetHashAndReset());
            }
        }
        model.File.RequireUnchanged();
        return WeightsManifest.Create(
            model.Id,
            sha256,
            pieceBytes,
            [.. parts.Select(part => new WeightsFile(Path.GetFileName(part.Path), part.LengthBytes, part.HeaderBytes))],
            hashes.ToArray());
    }
}
