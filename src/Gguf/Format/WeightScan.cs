using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using E2LLM.Core.Buffers;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Looks for weights that are NaN or infinite. llama.cpp computes on with them and reports success, and every answer is noise or nothing.
/// In quantised formats only the scales of a block can be something else than a number.
/// </summary>
public static class WeightScan
{
    private const ushort F16Exponent = 0x7C00;
    private const ushort BF16Exponent = 0x7F80;

    // The scale is a power of two alone. 255 stands for NaN, and from 253 on the larger of a block's 4-bit values leave the floats.
    private const int MxFp4LeastBad = 253;

    /// <summary>Index of the first block that has a weight which is no finite number; -1 without one.</summary>
    /// <param name="type">Of the weights.</param>
    /// <param name="blocks">Whole blocks of it.</param>
    public static int IndexOfBadBlock(GgmlType type, ReadOnlySpan<byte> blocks) => type switch
    {
        GgmlType.F32 => FiniteScan.IndexOfNonFinite(MemoryMarshal.Cast<byte, float>(blocks)),
        GgmlType.F16 => IndexOf16(MemoryMarshal.Cast<byte, ushort>(blocks), F16Exponent),
        GgmlType.BF16 => IndexOf16(MemoryMarshal.Cast<byte, ushort>(blocks), BF16Exponent),
        GgmlType.MXFP4 => IndexOfMxFp4(blocks),
        GgmlType.IQ1_M => IndexOfIq1M(blocks),
        _ => IndexOfScale(blocks, GgmlTypeTraits.Of(type).BlockBytes, ScaleOffsets(type)),
    };

    // Where the F16 scales of a block stand. NVFP4's are none: they have 8 bits, and ggml reads all of them as numbers.
    private static ReadOnlySpan<int> ScaleOffsets(GgmlType type) => type switch
    {
        GgmlType.Q4_1 or GgmlType.Q5_1 or GgmlType.Q4_K or GgmlType.Q5_K => [0, 2],
        GgmlType.Q2_K => [80, 82],
        GgmlType.Q3_K => [108],
        GgmlType.Q6_K => [208],
        GgmlType.TQ1_0 => [52],
        GgmlType.TQ2_0 => [64],
        GgmlType.Q1_0 or GgmlType.Q2_0 or GgmlType.Q4_0 or GgmlType.Q5_0 or GgmlType.Q8_0 or GgmlType.IQ1_S or GgmlType.IQ2_XXS
            or GgmlType.IQ2_XS or GgmlType.IQ2_S or GgmlType.IQ3_XXS or GgmlType.IQ3_S or GgmlType.IQ4_NL or GgmlType.IQ4_XS => [0],
        _ => [],
    };

    private static int IndexOfScale(ReadOnlySpan<byte> blocks, int blockBytes, ReadOnlySpan<int> offsets)
    {
        for (var start = 0; start < blocks.Length; start += blockBytes)
        {
            foreach (var offset in offsets)
            {
                if (IsBadF16(BinaryPrimitives.ReadUInt16LittleEndian(blocks[(start + offset)..])))
                    return start / blockBytes;
            }
        }
        return -1;
    }

    private static int IndexOf16(ReadOnlySpan<ushort> values, ushort exponent)
    {
        var mask = new Vector<ushort>(exponent);
        var bad = Vector<ushort>.Zero;
        var lanes = MemoryMarshal.Cast<ushort, Vector<ushort>>(values);
        foreach (var lane in lanes)
            bad |= Vector.Equals(lane & mask, mask);
        var start = bad != Vector<ushort>.Zero ? 0 : lanes.Length * Vector<ushort>.Count;
        for (var index = start; index < values.Length; index++)
        {
            if ((values[index] & exponent) == exponent)
                return index;
        }
        return -1;
    }

    private static int IndexOfMxFp4(ReadOnlySpan<byte> blocks)
    {
        var blockBytes = GgmlTypeTraits.Of(GgmlType.MXFP4).BlockBytes;
        for (var start = 0; start < blocks.Length; start += blockBytes)
        {
            if (blocks[start] >= MxFp4LeastBad)
                return start / blockBytes;
        }
        return -1;
    }

    // The scale is spread over the top four bits of four words.
    private static int IndexOfIq1M(ReadOnlySpan<byte> blocks)
    {
        const int scalesOffset = 48;
        var blockBytes = GgmlTypeTraits.Of(GgmlType.IQ1_M).BlockBytes;
        for (var start = 0; start < blocks.Length; start += blockBytes)
        {
            var scale = 0;
            for (var word = 0; word < 4; word++)
                scale |= BinaryPrimitives.ReadUInt16LittleEndian(blocks[(start + scalesOffset + 2 * word)..]) >> 12 << 4 * word;
            if (IsBadF16((ushort)scale))
                return start / blockBytes;
        }
        return -1;
    }

    private static bool IsBadF16(ushort bits) => (bits & F16Exponent) == F16Exponent;
}
