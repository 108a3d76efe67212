namespace E2LLM.Cli.Bench.Measures;

/// <summary>Percentiles by nearest rank: always a value that was measured, never one between two.</summary>
internal static class Percentile
{
    /// <summary>The smallest value that at least <paramref name="percent"/> % of all values do not exceed.</summary>
    /// <param name="sorted">At least one value, ascending.</param>
    /// <param name="percent">Above 0 to 100.</param>
    public static double NearestRank(IReadOnlyList<double> sorted, double percent)
    {
        // Multiplied before it is divided: 99 / 100.0 * 100 is above 99.
        var rank = (int)Math.Ceiling(percent * sorted.Count / 100);
        return sorted[rank - 1];
    }
}
