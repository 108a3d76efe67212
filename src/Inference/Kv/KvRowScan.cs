using System.Numerics;
using System.Runtime.InteropServices;
using E2LLM.Core.Buffers;
using E2LLM.Core.Plans;

namespace E2LLM.Inference.Kv;

/// <summary>
/// Looks for rows that are not numbers. One of them would not stay with its sequence: a cell that attention masks has weight zero,
/// and zero times not-a-number poisons the row of another sequence. The cell's bytes even outlive the sequence.
/// </summary>
internal static class KvRowScan
{
    private const int Q8BlockBytes = 34;
    private const ushort F16Exponent = 0x7C00;

    /// <summary>Whether every element is finite.</summary>
    public static bool IsFinite(ReadOnlySpan<byte> rows, KvCacheType type) => type switch
    {
        KvCacheType.F32 => FiniteScan.IndexOfNonFinite(MemoryMarshal.Cast<byte, float>(rows)) < 0,
        KvCacheType.F16 => IsFiniteF16(MemoryMarshal.Cast<byte, ushort>(rows)),
        _ => IsFiniteQ8(rows),
    };

    private static bool IsFiniteF16(ReadOnlySpan<ushort> values)
    {
        var exponent = new Vector<ushort>(F16Exponent);
        var bad = Vector<ushort>.Zero;
        var lanes = MemoryMarshal.Cast<ushort, Vector<ushort>>(values);
        foreach (var lane in lanes)
            bad |= Vector.Equals(lane & exponent, exponent);
        if (bad != Vector<ushort>.Zero)
            return false;
        foreach (var value in values[(lanes.Length * Vector<ushort>.Count)..])
            if ((value & F16Exponent) == F16Exponent)
                return false;
        return true;
    }

    // Only the scales of the blocks can be something else than a number.
    private static bool IsFiniteQ8(ReadOnlySpan<byte> rows)
    {
        for (var block = 0; block < rows.Length; block += Q8BlockBytes)
            if (!Half.IsFinite(MemoryMarshal.Read<Half>(rows[block..])))
                return false;
        return true;
    }
}
