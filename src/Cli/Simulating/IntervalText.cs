using E2LLM.Cli.Planning;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Cli.Simulating;

/// <summary>Means with their intervals for people: "3.24 ±0.11 s". A single run has none.</summary>
internal static class IntervalText
{
    private const double Minute = 60;

    public static string Seconds(MeanInterval interval)
    {
        var (unit, perSecond) = Unit(interval.Mean);
        return interval is { Mean: 0, HalfWidth: null or 0 } ? "0 s" : $"{Of(interval.Mean * perSecond, interval.HalfWidth * perSecond)} {unit}";
    }

    /// <summary>Half, nine tenths and 99 hundredths of the requests, in the unit of the last: "0.1/2.0/13.5 s".</summary>
    public static string Percentiles(LatencyFigures figures)
    {
        double[] seconds = [figures.P50.Mean, figures.P90.Mean, figures.P99.Mean];
        if (seconds[^1] == 0)
            return "0 s";
        var (unit, perSecond) = Unit(seconds[^1]);
        var format = Format(seconds[^1] * perSecond);
        return $"{string.Join('/', seconds.Select(value => value == 0 ? "0" : (value * perSecond).ToString(format)))} {unit}";
    }

    public static string Percent(MeanInterval share) => $"{Of(100 * share.Mean, 100 * share.HalfWidth)} %";

    public static string Rate(MeanInterval perSecond) => $"{Of(perSecond.Mean, perSecond.HalfWidth)}/s";

    public static string Bytes(MeanInterval bytes) => bytes.Mean == 0 ? "-" : Figures.Bytes((long)bytes.Mean);

    private static (string Unit, double PerSecond) Unit(double seconds) => seconds switch
    {
        0 => ("s", 1),
        < 1e-3 => ("µs", 1e6),
        < 1 => ("ms", 1e3),
        < 10 * Minute => ("s", 1),
        _ => ("min", 1 / Minute),
    };

    private static string Of(double mean, double? half)
    {
        var format = Format(mean);
        return half is { } width ? $"{mean.ToString(format)} ±{width.ToString(format)}" : mean.ToString(format);
    }

    /// <summary>Three significant digits of the mean.</summary>
    private static string Format(double value) => Math.Abs(value) switch
    {
        >= 99.95 => "0",
        >= 9.995 => "0.0",
        _ => "0.00",
    };
}
