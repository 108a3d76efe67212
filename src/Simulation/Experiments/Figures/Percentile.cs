namespace E2LLM.Simulation.Experiments.Figures;

/// <summary>Percentiles by nearest rank: always a value that occurred, never one between two.</summary>
public static class Percentile
{
    /// <summary>The smallest value that at least <paramref name="percent"/> % of all do not exceed; 0 where there are none.</summary>
    /// <param name="sorted">Ascending.</param>
    /// <param name="percent">0 to 100; 0 is the smallest.</param>
    public static double Of(IReadOnlyList<double> sorted, double percent)
    {
        ArgumentNullException.ThrowIfNull(sorted);
        // Multiplied before it is divided: 99 / 100.0 * 100 is above 99.
        return sorted.Count == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(percent * sorted.Count / 100) - 1, 0, sorted.Count - 1)];
    }
}
