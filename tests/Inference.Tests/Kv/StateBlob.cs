using E2LLM.Core.Kv;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>Sequence states whose rows tell their layer and position: written by the product, or field by field from the description of the format.</summary>
internal static class StateBlob
{
    public static byte[] Write(KvLayout layout, int sequence, int positions)
    {
        var bytes = new byte[KvStateWriter.StateBytes(layout, positions)];
        var blocks = Enumerable.Range(0, layout.LayerCount).Select(layer => Rent(layout, layer, 0, positions)).ToArray();
        foreach (var block in blocks)
            for (var position = 0; position < positions; position++)
            {
                var row = Row(layout, block.Header.Layer - layout.FirstLayer, position);
                row.AsSpan(0, layout.RowBytes).CopyTo(block.Bytes.Span[(position * layout.RowBytes)..]);
                row.AsSpan(layout.RowBytes).CopyTo(block.Bytes.Span[((positions + position) * layout.RowBytes)..]);
            }
        KvStateWriter.Write(bytes, layout, sequence, positions, blocks);
        return bytes;
    }

    public static byte[] Make(KvLayout layout, int sequence, Func<KvLayerGroup, int[]> positionsOfCells)
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write(0xAF143CD8);
        writer.Write(sequence);
        foreach (var group in layout.Groups)
        {
            var positions = positionsOfCells(group);
            writer.Write(1);
            writer.Write(positions.Length);
            foreach (var position in positions)
            {
                writer.Write(position);
                writer.Write(1);
                writer.Write(sequence);
            }
            writer.Write(layout.IsVTransposed ? 1 : 0);
            writer.Write(group.Layers.Length);
            foreach (var layer in group.Layers)
            {
                writer.Write((int)layout.Type);
                writer.Write((long)layout.RowBytes);
                foreach (var position in positions)
                    writer.Write(Row(layout, layer, position).AsSpan(0, layout.RowBytes));
            }
            foreach (var layer in group.Layers)
            {
                var rows = positions.Select(position => Row(layout, layer, position)[layout.RowBytes..]).ToArray();
                writer.Write((int)layout.Type);
                if (!layout.IsVTransposed)
                {
                    writer.Write((long)layout.RowBytes);
                    foreach (var row in rows)
                        writer.Write(row);
                    continue;
                }
                writer.Write(layout.ElementBytes);
                writer.Write(layout.RowElements);
                for (var element = 0; element < layout.RowElements; element++)
                    foreach (var row in rows)
                        writer.Write(row.AsSpan(element * layout.ElementBytes, layout.ElementBytes));
            }
        }
        return stream.ToArray();
    }

    /// <summary>K and V of a layer of the slice at a position; small numbers in every type.</summary>
    public static byte[] Row(KvLayout layout, int layer, int position) =>
        [.. Enumerable.Range(0, 2 * layout.RowBytes).Select(index => (byte)((index * 7 + layer * 31 + position * 3) % 60))];

    public static byte[] MissingRow(KvLayout layout)
    {
        var row = new byte[2 * layout.RowBytes];
        Array.Fill(row, (byte)0xFF);
        return row;
    }

    public static byte[] RowOf(KvBlock block, int position)
    {
        var header = block.Header;
        var row = position - header.FirstPosition;
        var k = block.Bytes.Slice(row * header.KRowBytes, header.KRowBytes);
        var v = block.Bytes.Slice(header.Rows * header.KRowBytes + row * header.VRowBytes, header.VRowBytes);
        return [.. k.ToArray(), .. v.ToArray()];
    }

    /// <param name="layer">Of the slice.</param>
    public static KvBlock Rent(KvLayout layout, int layer, int firstPosition, int rows) =>
        KvBlock.Rent(new KvBlockHeader(layout.FirstLayer + layer, firstPosition, rows, layout.RowBytes, layout.RowBytes));
}
