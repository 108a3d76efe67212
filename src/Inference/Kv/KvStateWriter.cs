using System.Buffers.Binary;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;

namespace E2LLM.Inference.Kv;

/// <summary>Puts a sequence state together for llama.cpp. Every size in it comes from the layout; blocks give their rows alone.</summary>
internal sealed class KvStateWriter
{
    private readonly Memory<byte> _bytes;
    private readonly KvLayout _layout;
    private readonly int _positions;
    private readonly LayerRows[] _layers;
    private int _offset;

    private KvStateWriter(Memory<byte> bytes, KvLayout layout, int positions)
    {
        _bytes = bytes;
        _layout = layout;
        _positions = positions;
        _layers = new LayerRows[layout.LayerCount];
    }

    /// <summary>Bytes of the state of a sequence.</summary>
    public static long StateBytes(KvLayout layout, int positions) =>
        KvStateFormat.StateBytes(layout, group => positions - group.FirstNeeded(positions));

    /// <param name="bytes">Gets the state; <see cref="StateBytes"/> long.</param>
    /// <param name="layout">Of the cache.</param>
    /// <param name="sequence">The state's sequence.</param>
    /// <param name="positions">Held from 0 on.</param>
    /// <param name="blocks">Checked: they cover every layer and position once.</param>
    /// <exception cref="EngineException">A row that the sequence still needs is not a number.</exception>
    public static void Write(Memory<byte> bytes, KvLayout layout, int sequence, int positions, IReadOnlyList<KvBlock> blocks)
    {
        var writer = new KvStateWriter(bytes, layout, positions);
        writer.UInt32(KvStateFormat.Magic);
        writer.UInt32((uint)sequence);
        foreach (var group in layout.Groups)
            writer.WriteCache(group, sequence);
        ArgumentOutOfRangeException.ThrowIfNotEqual(writer._offset, bytes.Length);
        foreach (var block in blocks)
            writer.CopyFrom(block);
    }

    private void WriteCache(KvLayerGroup group, int sequence)
    {
        var firstPosition = group.FirstNeeded(_positions);
        var cells = _positions - firstPosition;
        UInt32(1);
        UInt32((uint)cells);
        for (var position = firstPosition; position < _positions; position++)
        {
            UInt32((uint)position);
            UInt32(1);
            UInt32((uint)sequence);
        }
        UInt32(_layout.IsVTransposed ? 1u : 0u);
        UInt32((uint)group.Layers.Length);
        foreach (var layer in group.Layers)
        {
            RowHeader();
            _layers[layer] = new LayerRows(firstPosition, _offset, 0);
            _offset += cells * _layout.RowBytes;
        }
        foreach (var layer in group.Layers)
        {
            if (_layout.IsVTransposed)
                ElementHeader();
            else
                RowHeader();
            _layers[layer] = _layers[layer] with { VOffset = _offset };
            _offset += cells * _layout.RowBytes;
        }
    }

    private void CopyFrom(KvBlock block)
    {
        var header = block.Header;
        var (firstPosition, kOffset, vOffset) = _layers[header.Layer - _layout.FirstLayer];
        var rowsPassed = Math.Max(0, firstPosition - header.FirstPosition);
        if (rowsPassed >= header.Rows)
            return;
        var length = (header.Rows - rowsPassed) * _layout.RowBytes;
        var k = block.Bytes.Span.Slice(rowsPassed * _layout.RowBytes, length);
        var v = block.Bytes.Span.Slice((header.Rows + rowsPassed) * _layout.RowBytes, length);
        if (!KvRowScan.IsFinite(k, _layout.Type) || !KvRowScan.IsFinite(v, _layout.Type))
            throw new EngineException(
                $"the block of layer {header.Layer} from position {header.FirstPosition} on has rows that are not numbers" +
                (_layout.WindowTokens == 0 ? "" : ": had they left the layer's sliding window when they were taken out?"));
        var cells = _positions - firstPosition;
        var cell = header.FirstPosition + rowsPassed - firstPosition;
        k.CopyTo(_bytes.Span[(kOffset + cell * _layout.RowBytes)..]);
        if (_layout.IsVTransposed)
            KvTransposition.ToElements(v, _bytes.Span.Slice(vOffset, cells * _layout.RowBytes), cells, cell, _layout.ElementBytes);
        else
            v.CopyTo(_bytes.Span[(vOffset + cell * _layout.RowBytes)..]);
    }

    private void RowHeader()
    {
        UInt32((uint)_layout.Type);
        UInt32((uint)_layout.RowBytes);
        UInt32(0); // The upper half of the row size.
    }

    private void ElementHeader()
    {
        UInt32((uint)_layout.Type);
        UInt32((uint)_layout.ElementBytes);
        UInt32((uint)_layout.RowElements);
    }

    private void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.Span[_offset..], value);
        _offset += sizeof(uint);
    }

    /// <summary>Where one layer's rows go.</summary>
    private readonly record struct LayerRows(int FirstPosition, int KOffset, int VOffset);
}
