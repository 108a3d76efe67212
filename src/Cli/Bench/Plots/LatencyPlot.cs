using E2LLM.Cli.Bench.Measures;
using E2LLM.Cli.Bench.Reports;

namespace E2LLM.Cli.Bench.Plots;

/// <summary>One load: histograms of time to first token and inter-token latency.</summary>
internal static class LatencyPlot
{
    private const int BinsPerStep = 6;

    public static string Draw(BenchReport report)
    {
        var load = report.Loads[0];
        RequestOutcome[] whole = [.. load.Outcomes.Where(outcome => outcome.Fault is null)];
        return SvgPanel.Document($"{report.Model}: {load.Load.Label}, {load.Sent} requests, seed {report.Settings.Seed}",
        [
            Histogram("Time to first token", whole.Select(outcome => outcome.TtftSeconds).OfType<double>(), load.Ttft),
            Histogram("Inter-token latency", whole.SelectMany(outcome => outcome.ItlSeconds), load.Itl),
        ]);
    }

    private static SvgPanel Histogram(string title, IEnumerable<double> seconds, Summary? summary)
    {
        // Up to the 99th percentile: one straggler must not squeeze everything else into one bar. What lies beyond is in the last bar.
        var x = new AxisScale((summary?.P99 ?? 0) * 1000);
        var counts = Bins.Count(seconds.Select(value => value * 1000), x.End, x.Steps * BinsPerStep);
        var panel = new SvgPanel(title, "ms (what is longer is in the last bar)", "count", x, new AxisScale(counts.Max()));
        for (var bin = 0; bin < counts.Length; bin++)
            if (counts[bin] > 0)
                panel.AddBar(x.End * bin / counts.Length, x.End * (bin + 1) / counts.Length, counts[bin]);
        if (summary is not null)
        {
            panel.AddVerticalMark("p50", summary.P50 * 1000);
            panel.AddVerticalMark("p99", summary.P99 * 1000);
        }
        return panel;
    }
}
