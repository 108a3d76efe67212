namespace E2LLM.Cli.Bench.Plots;

/// <summary>A linear axis from 0 to a round number at or above the highest value.</summary>
internal sealed class AxisScale
{
    private const int WantedSteps = 5;

    public AxisScale(double highest)
    {
        // Steps of 1, 2 or 5 times a power of ten.
        var rough = (highest > 0 ? highest : 1) / WantedSteps;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        Step = power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
        Steps = Math.Max(1, (int)Math.Ceiling((highest / Step) - 1e-9));
    }

    public double Step { get; }

    public int Steps { get; }

    public double End => Step * Steps;

    public IEnumerable<double> Ticks => Enumerable.Range(0, Steps + 1).Select(index => index * Step);

    /// <summary>Where a value lies, 0 to 1.</summary>
    public double Share(double value) => Math.Clamp(value / End, 0, 1);
}
