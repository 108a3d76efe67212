namespace E2LLM.Simulation.Experiments.Statistics;

/// <summary>A mean over independent runs, and the interval around it that holds the true one with 95 %, by Student's t.</summary>
/// <param name="Mean">Over the runs.</param>
/// <param name="HalfWidth">The interval is the mean plus and minus this; null for a single run, which says nothing of others.</param>
/// <param name="Count">Runs.</param>
public readonly record struct MeanInterval(double Mean, double? HalfWidth, int Count)
{
    public double Low => Mean - (HalfWidth ?? 0);

    public double High => Mean + (HalfWidth ?? 0);

    /// <param name="values">One a run; at least one.</param>
    public static MeanInterval Of(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var mean = values.Average();
        if (values.Count == 1)
            return new MeanInterval(mean, null, 1);
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return new MeanInterval(mean, StudentT.Of(values.Count - 1) * deviation / Math.Sqrt(values.Count), values.Count);
    }

    /// <summary>Of the first over the second, run by run: both met the same requests, so the differences vary less than either.</summary>
    public static MeanInterval OfDifferences(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        return first.Count == second.Count
            ? Of([.. first.Zip(second, (one, other) => one - other)])
            : throw new ArgumentException($"{first.Count} runs cannot be paired with {second.Count}.", nameof(second));
    }
}
