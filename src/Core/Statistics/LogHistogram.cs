using System.Collections.Immutable;

namespace E2LLM.Core.Statistics;

/// <summary>
/// Distribution of many values in little memory, mergeable: buckets that grow by the same factor, as in DDSketch. Percentiles are
/// within <see cref="RelativeError"/> of the exact ones (by nearest rank), count, mean, least and greatest are exact. Values below the
/// range are told apart from others, but not from each other; those above count as the greatest.
/// </summary>
public sealed class LogHistogram
{
    public const double RelativeError = 0.02;

    private const double Growth = (1 + RelativeError) / (1 - RelativeError);

    // The value that is as far, relatively, from either end of its bucket.
    private const double Middle = 2 * Growth / (1 + Growth);

    private static readonly double LogGrowth = Math.Log(Growth);

    private readonly double _lowest;
    private readonly int _last;
    private long[] _counts = [];
    private double _sum;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;

    private LogHistogram(double lowest, double highest)
    {
        _lowest = lowest;
        _last = 1 + (int)Math.Ceiling(Math.Log(highest / lowest) / LogGrowth);
    }

    public long Count { get; private set; }

    /// <summary>10 µs to a day, in less than 5 KB.</summary>
    public static LogHistogram OfSeconds() => new(1e-5, 86_400);

    /// <summary>One byte to 1 TiB, in less than 6 KB.</summary>
    public static LogHistogram OfBytes() => new(1, 1L << 40);

    /// <param name="value">0 or more.</param>
    public void Add(double value)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(nameof(value), value, "A value must be a finite number of 0 or more.");
        Add(Bucket(value), 1);
        _sum += value;
        _min = Math.Min(_min, value);
        _max = Math.Max(_max, value);
    }

    /// <param name="other">Of a histogram of the same range.</param>
    public void Merge(HistogramSnapshot other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.Lowest != _lowest || other.Buckets.Any(bucket => bucket < 0 || bucket > _last))
            throw new ArgumentException($"A histogram from {other.Lowest} upwards cannot be merged into one from {_lowest}.", nameof(other));
        if (other.Buckets.IsEmpty)
            return;
        for (var index = 0; index < other.Buckets.Length; index++)
            Add(other.Buckets[index], other.Counts[index]);
        _sum += other.Sum;
        _min = Math.Min(_min, other.Min);
        _max = Math.Max(_max, other.Max);
    }

    public HistogramSnapshot ToSnapshot()
    {
        ImmutableArray<int> filled = [.. Enumerable.Range(0, _counts.Length).Where(bucket => _counts[bucket] > 0)];
        return new HistogramSnapshot
        {
            Lowest = _lowest,
            Buckets = filled,
            Counts = [.. filled.Select(bucket => _counts[bucket])],
            Sum = _sum,
            Min = Count == 0 ? 0 : _min,
            Max = Count == 0 ? 0 : _max,
        };
    }

    /// <summary>Null where there is no value.</summary>
    public ValueSummary? Summarize() => Count == 0 ? null : new ValueSummary
    {
        Count = Count,
        Mean = _sum / Count,
        P50 = Percentile(50),
        P90 = Percentile(90),
        P99 = Percentile(99),
        Max = _max,
    };

    /// <summary>About the smallest value that at least so many per cent of all values do not exceed.</summary>
    /// <param name="percent">Above 0 to 100. There must be a value.</param>
    public double Percentile(double percent)
    {
        if (Count == 0)
            throw new InvalidOperationException("A histogram without values has no percentiles.");
        var rank = (long)Math.Ceiling(percent * Count / 100);
        var bucket = 0;
        for (var seen = _counts[0]; seen < rank && bucket < _last; seen += _counts[bucket])
            bucket++;
        var value = bucket == 0 ? 0 : bucket == _last ? _max : _lowest * Math.Pow(Growth, bucket - 1) * Middle;
        return Math.Clamp(value, _min, _max);
    }

    private int Bucket(double value) =>
        value < _lowest ? 0 : Math.Min(_last, 1 + (int)Math.Floor(Math.Log(value / _lowest) / LogGrowth));

    private void Add(int bucket, long count)
    {
        if (_counts.Length == 0)
            _counts = new long[_last + 1];
        _counts[bucket] += count;
        Count += count;
    }
}
