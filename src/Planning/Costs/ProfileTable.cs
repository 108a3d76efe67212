using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Costs;

/// <summary>Reads a device's measured times between and beyond the measured points.</summary>
/// <remarks>
/// Between two points: straight line. Below the first: the first point's time, because a smaller call is never seen to cost much
/// less (weights are read all the same). Above the last: the slope of the last segment, or in proportion where there is one point. Of a
/// head that was measured for one row alone, n rows take 1 + (n - 1) / 3 times as long: 16 rows of our engine's heads took 5.5 to 6.2 times
/// the time of one on a single thread, with weights of 4 to 8 bits and 0.1 to 0.3 billion of them.
/// </remarks>
public sealed class ProfileTable
{
    /// <summary>Further rows that take as long as the first, where only that was measured.</summary>
    private const double HeadRowsOfOne = 3;

    private readonly (double Size, double Seconds)[] _prefill;
    private readonly (double Size, double Seconds)[] _head;
    private readonly double _oneRowHead;
    private readonly (double Context, (double Size, double Seconds)[] Batches)[] _decode;
    private readonly Dictionary<KvCacheType, (double Context, (double Size, double Seconds)[] Batches)[]> _decodeByKvType = [];

    public ProfileTable(DeviceProfile profile)
    {
        _prefill = [.. profile.Prefill.Select(point => ((double)point.ChunkTokens, point.SecondsPerLayer))];
        _head = profile.Head.IsDefault ? [] : [.. profile.Head.Select(point => ((double)point.Rows, point.Seconds))];
        _oneRowHead = profile.HeadSeconds;
        _decode = ByContext(profile.Decode);
        foreach (var (type, points) in profile.DecodeByKvType.IsDefault ? [] : profile.DecodeByKvType)
            _decodeByKvType[type] = ByContext(points);
    }

    /// <summary>Seconds of one layer of mean size for a chunk of one sequence.</summary>
    public double PrefillSecondsPerLayer(double chunkTokens) => Interpolate(_prefill, chunkTokens);

    /// <summary>Seconds of the output head for so many rows of one step.</summary>
    public double HeadSeconds(int rows) => _head.Length == 0 ? _oneRowHead * (1 + (rows - 1) / HeadRowsOfOne) : Interpolate(_head, rows);

    /// <summary>Seconds of one layer of mean size for one token of each of <paramref name="batch"/> sequences; a KV type without times of its own has the usual ones.</summary>
    public double DecodeSecondsPerLayer(double batch, double contextTokens, KvCacheType kvType)
    {
        var tables = _decodeByKvType.GetValueOrDefault(kvType, _decode);
        if (tables.Length == 1)
            return Interpolate(tables[0].Batches, batch);
        // Linear in the context: attention reads the whole cache. Never below the shortest context that was measured.
        var upper = 1;
        while (upper < tables.Length - 1 && tables[upper].Context < contextTokens)
            upper++;
        var (low, high) = (tables[upper - 1], tables[upper]);
        var (atLow, atHigh) = (Interpolate(low.Batches, batch), Interpolate(high.Batches, batch));
        var share = Math.Max(0, (contextTokens - low.Context) / (high.Context - low.Context));
        return Math.Max(Math.Min(atLow, atHigh), atLow + share * (atHigh - atLow));
    }

    private static (double Context, (double Size, double Seconds)[] Batches)[] ByContext(IEnumerable<DecodePoint> points) =>
    [
        .. points.GroupBy(point => point.ContextTokens)
            .OrderBy(group => group.Key)
            .Select(group => (
                (double)group.Key,
                group.OrderBy(point => point.BatchSequences).Select(point => ((double)point.BatchSequences, point.SecondsPerLayer)).ToArray())),
    ];

    private static double Interpolate((double Size, double Seconds)[] points, double size)
    {
        var first = points[0];
        if (size <= first.Size)
            return first.Seconds;
        if (points.Length == 1)
            return first.Seconds * size / first.Size;
        var upper = 1;
        while (upper < points.Length - 1 && points[upper].Size < size)
            upper++;
        var (low, high) = (points[upper - 1], points[upper]);
        var seconds = low.Seconds + (size - low.Size) / (high.Size - low.Size) * (high.Seconds - low.Seconds);
        // A noisy last segment may fall; more work is never predicted to cost less than the last point.
        return size > high.Size ? Math.Max(high.Seconds, seconds) : seconds;
    }
}
