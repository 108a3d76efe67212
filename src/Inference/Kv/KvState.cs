using E2LLM.Core.Errors;
using E2LLM.Core.Kv;

namespace E2LLM.Inference.Kv;

/// <summary>A sequence state that llama.cpp wrote, checked, and with the rows of every layer and position found in it.</summary>
internal sealed class KvState
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly KvLayout _layout;
    private readonly int _firstPosition;
    private readonly LayerRows[] _layers;

    private KvState(ReadOnlyMemory<byte> bytes, KvLayout layout, int firstPosition)
    {
        _bytes = bytes;
        _layout = layout;
        _firstPosition = firstPosition;
        _layers = new LayerRows[layout.LayerCount];
    }

    /// <summary>The most bytes that the state of so many positions can have.</summary>
    public static long MaxBytes(KvLayout layout, int positions) => KvStateFormat.StateBytes(layout, _ => positions);

    /// <param name="bytes">As llama.cpp wrote them; must not change while the state is used.</param>
    /// <param name="layout">Of the cache.</param>
    /// <param name="sequence">The state's sequence.</param>
    /// <param name="firstPosition">The first one that the sequence holds.</param>
    /// <param name="endPosition">One past the last.</param>
    /// <exception cref="EngineException">Anything is not as it must be: says what, and at which byte.</exception>
    public static KvState Parse(ReadOnlyMemory<byte> bytes, KvLayout layout, int sequence, int firstPosition, int endPosition)
    {
        var state = new KvState(bytes, layout, firstPosition);
        var cursor = new KvStateCursor(bytes.Span);
        cursor.Expect("the magic", KvStateFormat.Magic);
        cursor.Expect("the sequence", (uint)sequence);
        foreach (var group in layout.Groups)
            state.ParseCache(ref cursor, group, sequence, endPosition);
        cursor.ExpectEnd();
        return state;
    }

    /// <summary>
    /// Fills a block with the rows of its layer and positions. Rows that have left the layer's sliding window are not in the state:
    /// their bytes become 0xFF, which is not a number in any type, so that nobody takes them for rows.
    /// </summary>
    /// <param name="block">Of a layer of the slice, with the layout's row sizes, within the state's positions.</param>
    public void CopyTo(KvBlock block)
    {
        var header = block.Header;
        var layer = _layers[header.Layer - _layout.FirstLayer];
        var cells = layer.Cells.OfPosition.AsSpan(header.FirstPosition - _firstPosition, header.Rows);
        var k = block.Bytes.Span[..(header.Rows * _layout.RowBytes)];
        var v = block.Bytes.Span[k.Length..];
        var stateK = _bytes.Span.Slice(layer.KOffset, layer.Cells.Count * _layout.RowBytes);
        var stateV = _bytes.Span.Slice(layer.VOffset, stateK.Length);
        for (int row = 0, rows; row < cells.Length; row += rows)
        {
            rows = ConsecutiveCells(cells[row..]);
            var start = row * _layout.RowBytes;
            var length = rows * _layout.RowBytes;
            if (cells[row] == Cells.None)
            {
                k.Slice(start, length).Fill(0xFF);
                v.Slice(start, length).Fill(0xFF);
                continue;
            }
            stateK.Slice(cells[row] * _layout.RowBytes, length).CopyTo(k[start..]);
            if (_layout.IsVTransposed)
                KvTransposition.ToRows(stateV, layer.Cells.Count, cells[row], v.Slice(start, length), _layout.ElementBytes);
            else
                stateV.Slice(cells[row] * _layout.RowBytes, length).CopyTo(v[start..]);
        }
    }

    // How many of the first positions lie in cells one after another, or are all missing.
    private static int ConsecutiveCells(ReadOnlySpan<int> cells)
    {
        var count = 1;
        while (count < cells.Length && cells[count] == (cells[0] == Cells.None ? Cells.None : cells[0] + count))
            count++;
        return count;
    }

    private void ParseCache(ref KvStateCursor cursor, KvLayerGroup group, int sequence, int endPosition)
    {
        var positions = endPosition - _firstPosition;
        cursor.Expect("the number of streams", 1);
        var count = cursor.UInt32("the number of cells");
        var most = group.WindowTokens == 0 ? positions : Math.Min(positions, group.WindowTokens);
        if (count > (uint)most || (group.WindowTokens == 0 && count != (uint)positions))
            throw cursor.Refuse($"the number of cells is {count}, but the sequence holds {positions} positions");
        var cells = new Cells((int)count, positions);
        foreach (var layer in group.Layers)
            _layers[layer] = new LayerRows(cells);
        if (count == 0)
            return;
        ParseCells(ref cursor, cells, sequence, endPosition);
        cursor.Expect("the transposition of V", _layout.IsVTransposed ? 1u : 0u);
        cursor.Expect("the number of layers", (uint)group.Layers.Length);
        var dataBytes = (long)cells.Count * _layout.RowBytes;
        foreach (var layer in group.Layers)
        {
            cursor.Expect("the type of K", (uint)_layout.Type);
            cursor.Expect64("the row size of K", (ulong)_layout.RowBytes);
            _layers[layer].KOffset = cursor.Skip(dataBytes, "K");
        }
        foreach (var layer in group.Layers)
        {
            cursor.Expect("the type of V", (uint)_layout.Type);
            if (_layout.IsVTransposed)
            {
                cursor.Expect("the element size of V", (uint)_layout.ElementBytes);
                cursor.Expect("the elements of V", (uint)_layout.RowElements);
            }
            else
            {
                cursor.Expect64("the row size of V", (ulong)_layout.RowBytes);
            }
            _layers[layer].VOffset = cursor.Skip(dataBytes, "V");
        }
    }

    private void ParseCells(ref KvStateCursor cursor, Cells cells, int sequence, int endPosition)
    {
        // A window keeps the latest positions; without one all of them are there, as many as there are cells.
        var firstHeld = endPosition - cells.Count;
        for (var cell = 0; cell < cells.Count; cell++)
        {
            var position = cursor.UInt32("a position");
            if (position < (uint)firstHeld || position >= (uint)endPosition)
                throw cursor.Refuse($"the position {(int)position} is not among {firstHeld} to {endPosition - 1}");
            ref var cellOfPosition = ref cells.OfPosition[(int)position - _firstPosition];
            if (cellOfPosition != Cells.None)
                throw cursor.Refuse($"the position {position} is there twice");
            cellOfPosition = cell;
            cursor.Expect("the number of sequences of a cell", 1);
            cursor.Expect("the sequence of a cell", (uint)sequence);
        }
    }

    /// <summary>The cells of one cache in the state.</summary>
    private sealed class Cells
    {
        public const int None = -1;

        public Cells(int count, int positions)
        {
            Count = count;
            OfPosition = new int[positions];
            Array.Fill(OfPosition, None);
        }

        public int Count { get; }

        /// <summary>From the state's first position on.</summary>
        public int[] OfPosition { get; }
    }

    /// <summary>Where one layer's rows start, in cell order.</summary>
    private sealed class LayerRows(Cells cells)
    {
        public Cells Cells { get; } = cells;

        public int KOffset { get; set; }

        public int VOffset { get; set; }
    }
}
