using E2LLM.Core.Kv;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Receiving;

/// <summary>Which positions of which layers are in or on their way. Not thread-safe.</summary>
internal sealed class KvCoverage(KvTransferSpec spec)
{
    // Per layer, by first position; slots of a layer never overlap. A layer gets its list with its first block.
    private readonly List<KvSlot>?[] _layers = new List<KvSlot>?[spec.LayerCount];
    private long _bytes;
    private long _filledRows;

    /// <summary>Filled slots.</summary>
    public int FilledBlocks { get; private set; }

    public long FilledBytes { get; private set; }

    /// <summary>The place of exactly this block, filled or being filled.</summary>
    public KvSlot? Find(KvBlockHeader header)
    {
        if (!spec.Allows(header) || _layers[header.Layer - spec.FirstLayer] is not { } slots)
            return null;
        var index = FirstFrom(slots, header.FirstPosition);
        return index < slots.Count && slots[index].Header == header ? slots[index] : null;
    }

    /// <summary>A new place for a block that has none.</summary>
    /// <returns>None and the slot, or why there cannot be one.</returns>
    public Refusal Reserve(KvBlockHeader header, InboundConnection connection, out KvSlot? slot)
    {
        slot = null;
        if (!spec.Allows(header))
            return Refusal.OutOfBounds;
        var slots = _layers[header.Layer - spec.FirstLayer] ??= [];
        var index = FirstFrom(slots, header.FirstPosition);
        if (slots.Count > 0 && (slots[0].Header.KRowBytes != header.KRowBytes || slots[0].Header.VRowBytes != header.VRowBytes))
            return Refusal.OutOfBounds;
        if ((index > 0 && EndOf(slots[index - 1]) > header.FirstPosition)
            || (index < slots.Count && slots[index].Header.FirstPosition < header.FirstPosition + header.Rows))
            return Refusal.Overlap;
        if (_bytes + header.LengthBytes > spec.MaxTotalBytes)
            return Refusal.OutOfBounds;
        _bytes += header.LengthBytes;
        slot = new KvSlot(header, connection);
        slots.Insert(index, slot);
        return Refusal.None;
    }

    public void Fill(KvSlot slot, KvBlock block)
    {
        slot.Fill(block);
        FilledBlocks++;
        FilledBytes += slot.Header.LengthBytes;
        _filledRows += slot.Header.Rows;
    }

    public void GiveUp(KvSlot slot)
    {
        _layers[slot.Header.Layer - spec.FirstLayer]!.Remove(slot);
        _bytes -= slot.Header.LengthBytes;
        slot.GiveUp();
    }

    /// <summary>Whether every layer holds the positions 0 to <paramref name="positions"/> - 1 and no other.</summary>
    public bool IsWhole(int positions) => _filledRows == (long)positions * spec.LayerCount && _layers.All(slots =>
    {
        var next = 0;
        foreach (var slot in slots ?? [])
        {
            if (!slot.IsFilled || slot.Header.FirstPosition != next)
                return false;
            next = EndOf(slot);
        }
        return next == positions;
    });

    /// <summary>Hands out all blocks, by layer and position. The slots stay, so that a block that comes again is known.</summary>
    public IReadOnlyList<KvBlock> TakeAll() =>
        [.. _layers.SelectMany(slots => slots ?? []).Select(slot => slot.Take()).OfType<KvBlock>()];

    private static int EndOf(KvSlot slot) => slot.Header.FirstPosition + slot.Header.Rows;

    /// <summary>Index of the first slot that begins at the position or behind it.</summary>
    private static int FirstFrom(List<KvSlot> slots, int position)
    {
        var (low, high) = (0, slots.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (slots[middle].Header.FirstPosition < position)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
