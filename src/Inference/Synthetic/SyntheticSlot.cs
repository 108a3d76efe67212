using System.Buffers.Binary;
using E2LLM.Core.Kv;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Synthetic;

/// <summary>
/// What the layers of a slice hold for one sequence: what each was given at every position, and the hash of all that up to there, so
/// that it can be cut back.
/// </summary>
/// <remarks>
/// As a KV block, a row is what the layer was given: half of its bits as K, half as V. Whoever takes blocks in computes the hashes
/// anew from all rows, so that one row lost, from another layer or in another place gives other tokens from there on.
/// </remarks>
internal sealed class SyntheticSlot(int firstLayer, int layers)
{
    /// <summary>Of K, and of V.</summary>
    public const int RowBytes = sizeof(uint);

    private readonly List<(ulong Given, ulong Hash)>[] _layers = [.. Enumerable.Range(0, layers).Select(_ => new List<(ulong, ulong)>())];

    public SamplingOptions Sampling { get; set; } = SamplingOptions.Greedy;

    public void Truncate(int fromPosition)
    {
        foreach (var rows in _layers)
            if (rows.Count > fromPosition)
                rows.RemoveRange(fromPosition, rows.Count - fromPosition);
    }

    /// <summary>Runs the next row through the layers.</summary>
    /// <returns>What the last layer hands on.</returns>
    public ulong Extend(ulong value)
    {
        for (var layer = 0; layer < _layers.Length; layer++)
            value = Extend(layer, value);
        return value;
    }

    /// <summary>Takes the first positions of another slot over.</summary>
    public void CopyFrom(SyntheticSlot other, int positions)
    {
        for (var layer = 0; layer < _layers.Length; layer++)
            _layers[layer].AddRange(other._layers[layer][..positions]);
    }

    /// <param name="layer">Of the model.</param>
    /// <param name="fromPosition">First position.</param>
    /// <param name="toPosition">One past the last.</param>
    public KvBlock Export(int layer, int fromPosition, int toPosition)
    {
        var block = KvBlock.Rent(new KvBlockHeader(layer, fromPosition, toPosition - fromPosition, RowBytes, RowBytes));
        var k = block.Bytes.Span;
        var v = k[(block.Header.Rows * RowBytes)..];
        for (var row = 0; row < block.Header.Rows; row++)
        {
            var given = _layers[layer - firstLayer][fromPosition + row].Given;
            BinaryPrimitives.WriteUInt32LittleEndian(k[(row * RowBytes)..], (uint)given);
            BinaryPrimitives.WriteUInt32LittleEndian(v[(row * RowBytes)..], (uint)(given >> 32));
        }
        return block;
    }

    /// <param name="blocks">Checked: they cover every layer and position once.</param>
    public void Import(IEnumerable<KvBlock> blocks)
    {
        foreach (var block in blocks.OrderBy(block => block.Header.FirstPosition))
        {
            var k = block.Bytes.Span;
            var v = k[(block.Header.Rows * RowBytes)..];
            for (var row = 0; row < block.Header.Rows; row++)
            {
                var low = BinaryPrimitives.ReadUInt32LittleEndian(k[(row * RowBytes)..]);
                var high = BinaryPrimitives.ReadUInt32LittleEndian(v[(row * RowBytes)..]);
                Extend(block.Header.Layer - firstLayer, (ulong)high << 32 | low);
            }
        }
    }

    private ulong Extend(int layer, ulong given)
    {
        var rows = _layers[layer];
        var hash = SyntheticModel.Extend(rows.Count == 0 ? SyntheticModel.EmptyHistory : rows[^1].Hash, given, firstLayer + layer);
        rows.Add((given, hash));
        return hash;
    }
}
