using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;

namespace E2LLM.Core.Tests.Weights;

public sealed class WeightsManifestTests
{
    private const int PieceBytes = WeightsManifest.MinPieceBytes;

    private static readonly string Sha256 = new('a', 64);

    [Fact]
    public void Parse_OfItsOwnBytes_GivesTheSame()
    {
        var manifest = Create([new WeightsFile("m-00001-of-00002.gguf", (2 * PieceBytes) + 7, 100), new WeightsFile("m-00002-of-00002.gguf", 5, 5)]);

        var parsed = WeightsManifest.Parse(manifest.Bytes, manifest.Root);

        Assert.Equal((manifest.ModelId, manifest.Sha256, manifest.PieceBytes, manifest.PieceCount), (parsed.ModelId, parsed.Sha256, parsed.PieceBytes, parsed.PieceCount));
        Assert.Equal(manifest.Files.AsEnumerable(), parsed.Files);
        Assert.Equal(4, parsed.PieceCount);
        Assert.Equal(new WeightsPiece(0, 2 * PieceBytes, 7), parsed.Piece(2));
        Assert.Equal(new WeightsPiece(1, 0, 5), parsed.Piece(3));
        Assert.True(parsed.IsPiece(3, BytesOf(3, 5)));
        Assert.False(parsed.IsPiece(2, BytesOf(3, 5)));
    }

    [Theory]
    [InlineData(0, 1, new[] { 0 })]
    [InlineData(0, PieceBytes, new[] { 0 })]
    [InlineData(PieceBytes - 1, 2, new[] { 0, 1 })]
    [InlineData(PieceBytes, 0, new int[0])]
    public void PiecesOf_Range_AreThoseWithAnyByteOfIt(long offset, long length, int[] expected) =>
        Assert.Equal(expected, Create([new WeightsFile("m.gguf", 3 * PieceBytes, 1)]).PiecesOf(0, offset, length));

    [Theory]
    [InlineData(1, WeightsManifest.MinPieceBytes)]
    [InlineData(10L << 30, 4 << 20)]
    [InlineData(900L << 30, WeightsManifest.MaxPieceBytes)]
    public void PieceBytesFor_Model_LeavesSomeThousandPieces(long modelBytes, int expected)
    {
        Assert.Equal(expected, WeightsManifest.PieceBytesFor(modelBytes));
        Assert.True(modelBytes / expected <= WeightsManifest.MaxPieces);
    }

    [Fact]
    public void Parse_OtherRoot_IsRefused() =>
        Assert.Throws<ModelFileException>(() => WeightsManifest.Parse(Create([new WeightsFile("m.gguf", 5, 5)]).Bytes, new string('0', 64)));

    [Theory]
    [InlineData("../m.gguf")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("c:m.gguf")]
    [InlineData("a\nb")]
    public void Create_NameThatIsAPath_IsRefused(string name) => Assert.Throws<ModelFileException>(() => Create([new WeightsFile(name, 5, 5)]));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 0)]
    [InlineData(5, 6)]
    [InlineData(long.MaxValue, 5)]
    public void Create_SizesThatCannotBe_AreRefused(long length, long header) =>
        Assert.Throws<ModelFileException>(() => WeightsManifest.Create("m", Sha256, PieceBytes, [new WeightsFile("m.gguf", length, header)], new byte[32]));

    [Fact]
    public void Parse_AnyByteChangedOrMissing_IsRefused()
    {
        var whole = Create([new WeightsFile("m.gguf", PieceBytes + 1, 5)]).Bytes.ToArray();
        for (var index = 0; index < whole.Length; index++)
        {
            byte[] changed = [.. whole];
            changed[index] ^= 0x80;
            AssertRefusedOrOther(changed, whole);
            AssertRefusedOrOther(whole[..index], whole);
        }
    }

    [Fact]
    public void Parse_Garbage_IsRefused()
    {
        var random = new Random(5);
        for (var round = 0; round < 2000; round++)
        {
            var garbage = new byte[random.Next(200)];
            random.NextBytes(garbage);
            Assert.Throws<ModelFileException>(() => WeightsManifest.Parse(garbage, Root(garbage)));
        }
    }

    // With the root of the true one it is always refused; with its own root it may only be another manifest, never anything else than an error of ours.
    private static void AssertRefusedOrOther(byte[] bytes, byte[] whole)
    {
        Assert.Throws<ModelFileException>(() => WeightsManifest.Parse(bytes, Root(whole)));
        try
        {
            WeightsManifest.Parse(bytes, Root(bytes));
        }
        catch (ModelFileException)
        {
        }
    }

    private static string Root(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static WeightsManifest Create(WeightsFile[] files)
    {
        var hashes = new List<byte>();
        var piece = 0;
        foreach (var file in files)
            for (var left = file.LengthBytes; left > 0; left -= PieceBytes)
                hashes.AddRange(SHA256.HashData(BytesOf(piece++, (int)Math.Min(left, PieceBytes))));
        return WeightsManifest.Create("m", Sha256, PieceBytes, files, [.. hashes]);
    }

    private static byte[] BytesOf(int piece, int length)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)piece);
        return bytes;
    }
}
