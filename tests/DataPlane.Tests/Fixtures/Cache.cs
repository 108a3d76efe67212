using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Tests.Fixtures;

/// <summary>A KV cache whose every byte follows from its layer, position and place, so that any cut of it can be checked.</summary>
internal sealed record Cache(int FirstLayer, int Layers, int Positions, int KRowBytes, int VRowBytes)
{
    public static Cache Small { get; } = new(FirstLayer: 3, Layers: 4, Positions: 50, KRowBytes: 96, VRowBytes: 64);

    public KvTransferSpec Spec => new()
    {
        FirstLayer = FirstLayer,
        LayerCount = Layers,
        MaxPositions = Positions + 10,
        MaxKRowBytes = KRowBytes,
        MaxVRowBytes = VRowBytes,
        LeaseSeconds = 60,
    };

    public long LengthBytes => (long)Layers * Positions * (KRowBytes + VRowBytes);

    public KvBlockHeader Header(int layer, int firstPosition, int rows) => new(layer, firstPosition, rows, KRowBytes, VRowBytes);

    public KvBlock Block(KvBlockHeader header)
    {
        var block = KvBlock.Rent(header);
        Fill(header, block.Bytes.Span);
        return block;
    }

    /// <summary>All of it in blocks of so many rows, by layer and position.</summary>
    public IReadOnlyList<KvBlockHeader> Cut(int rows) =>
    [
        .. from layer in Enumerable.Range(FirstLayer, Layers)
           from first in Enumerable.Range(0, (Positions + rows - 1) / rows).Select(index => index * rows)
           select Header(layer, first, Math.Min(rows, Positions - first)),
    ];

    /// <summary>All of it, each layer cut at places of its own, in any order.</summary>
    public IReadOnlyList<KvBlockHeader> Cut(Random random)
    {
        List<KvBlockHeader> headers = [];
        for (var layer = FirstLayer; layer < FirstLayer + Layers; layer++)
            for (var first = 0; first < Positions;)
            {
                var rows = random.Next(1, Positions - first + 1);
                headers.Add(Header(layer, first, rows));
                first += rows;
            }
        var shuffled = headers.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }

    /// <summary>Asserts that the blocks are the whole cache, by layer and position, and disposes them.</summary>
    public void AssertWhole(IReadOnlyList<KvBlock> blocks)
    {
        var (layer, position) = (FirstLayer, 0);
        foreach (var block in blocks)
        {
            Assert.Equal((layer, position), (block.Header.Layer, block.Header.FirstPosition));
            var expected = new byte[block.Header.LengthBytes];
            Fill(block.Header, expected);
            Assert.True(block.Bytes.Span.SequenceEqual(expected), $"{block.Header} has other bytes.");
            position += block.Header.Rows;
            if (position == Positions)
                (layer, position) = (layer + 1, 0);
            block.Dispose();
        }
        Assert.Equal((FirstLayer + Layers, 0), (layer, position));
    }

    private static void Fill(KvBlockHeader header, Span<byte> bytes)
    {
        var at = 0;
        foreach (var (rowBytes, kind) in new[] { (header.KRowBytes, 1), (header.VRowBytes, 2) })
            for (var row = 0; row < header.Rows; row++)
                for (var index = 0; index < rowBytes; index++)
                    bytes[at++] = (byte)((header.Layer * 31 + (header.FirstPosition + row) * 7 + kind * 101 + index * 13) >> (index % 3));
    }
}
