namespace E2LLM.Cli.Bench.Plots;

/// <summary>Counts for a histogram.</summary>
internal static class Bins
{
    /// <summary>How many values fall into each of so many equal parts of 0 to <paramref name="end"/>; what lies outside counts at its edge.</summary>
    public static int[] Count(IEnumerable<double> values, double end, int bins)
    {
        var counts = new int[bins];
        foreach (var value in values)
            counts[Math.Clamp((int)(value / end * bins), 0, bins - 1)]++;
        return counts;
    }
}
