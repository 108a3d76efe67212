using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A small model of random bytes.</summary>
internal sealed class FakePieces : IPieceSource
{
    private const int PieceBytes = WeightsManifest.MinPieceBytes;

    private readonly byte[] _bytes = new byte[(8 * PieceBytes) + 1000];

    public FakePieces()
    {
        new Random(3).NextBytes(_bytes);
        Manifest = WeightsManifest.Create(
            "m", new string('a', 64), PieceBytes, [new WeightsFile("m.gguf", _bytes.Length, 100)], [.. _bytes.Chunk(PieceBytes).SelectMany(SHA256.HashData)]);
    }

    public WeightsManifest Manifest { get; }

    public HashSet<int> Missing { get; } = [];

    public bool IsWhole => Missing.Count == 0;

    public bool Has(int piece) => !Missing.Contains(piece);

    public byte[] Bytes(int piece) => _bytes.AsSpan((int)Manifest.Piece(piece).OffsetBytes, Manifest.Piece(piece).LengthBytes).ToArray();

    public void Read(int piece, int offsetBytes, Span<byte> destination)
    {
        if (!Has(piece))
            throw new E2LlmException("gone", mayRetry: true);
        Bytes(piece).AsSpan(offsetBytes, destination.Length).CopyTo(destination);
    }
}
