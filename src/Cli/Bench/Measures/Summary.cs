namespace E2LLM.Cli.Bench.Measures;

/// <summary>Mean and percentiles of a set of values.</summary>
internal sealed record Summary
{
    public required int Count { get; init; }

    public required double Mean { get; init; }

    public required double P50 { get; init; }

    public required double P90 { get; init; }

    public required double P95 { get; init; }

    public required double P99 { get; init; }

    public required double Max { get; init; }

    /// <summary>Null where there is no value.</summary>
    public static Summary? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? null : new Summary
        {
            Count = sorted.Length,
            Mean = sorted.Average(),
            P50 = Percentile.NearestRank(sorted, 50),
            P90 = Percentile.NearestRank(sorted, 90),
            P95 = Percentile.NearestRank(sorted, 95),
            P99 = Percentile.NearestRank(sorted, 99),
            Max = sorted[^1],
        };
    }
}
