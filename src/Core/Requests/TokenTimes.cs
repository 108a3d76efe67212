using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace E2LLM.Core.Requests;

/// <summary>
/// Packs the times of an answer's tokens: of each the gap to the one before, in units of 0.1 ms, 7 bits a byte, the lowest first, the
/// top bit set where more follow. So a token takes one byte up to 12.7 ms after the one before, two up to 1.6 s, three up to 3 minutes.
/// </summary>
public sealed class TokenTimes
{
    /// <summary>Times are rounded down to whole units.</summary>
    public const double UnitSeconds = 1.0 / UnitsPerSecond;

    /// <summary>What would go beyond is left out: of an answer of more than 13,000 tokens, the last ones may have no times.</summary>
    public const int MaxBytes = 1 << 16;

    private const int UnitsPerSecond = 10_000;
    private const int MaxBytesPerToken = 5;
    private const long MaxGapUnits = uint.MaxValue;

    private readonly List<byte> _packed = [];
    private long _lastUnits;

    /// <summary>So many tokens came together. A time before that of the last ones counts as theirs.</summary>
    public void Append(double seconds, int tokens)
    {
        for (var token = 0; token < tokens && _packed.Count <= MaxBytes - MaxBytesPerToken; token++)
        {
            var gap = Math.Clamp((long)(seconds * UnitsPerSecond) - _lastUnits, 0, MaxGapUnits);
            _lastUnits += gap;
            for (; gap > 0x7F; gap >>= 7)
                _packed.Add((byte)(gap | 0x80));
            _packed.Add((byte)gap);
        }
    }

    public ImmutableArray<byte> Pack() => [.. _packed];

    /// <summary>The times in seconds, in order. Bytes at the end that are not a whole number are left out.</summary>
    public static ImmutableArray<double> Unpack(ImmutableArray<byte> packed)
    {
        var times = ImmutableArray.CreateBuilder<double>();
        var (units, gap, shift) = (0L, 0L, 0);
        foreach (var part in ImmutableCollectionsMarshal.AsArray(packed) ?? [])
        {
            gap |= (long)(part & 0x7F) << shift;
            shift += 7;
            if ((part & 0x80) != 0)
                continue;
            units += gap;
            times.Add(units / (double)UnitsPerSecond);
            (gap, shift) = (0, 0);
        }
        return times.DrainToImmutable();
    }
}
