using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;
using E2LLM.Cli.Bench.Reports;

namespace E2LLM.Cli.Bench.Plots;

/// <summary>A sweep: latency and throughput over load.</summary>
internal static class LoadPlot
{
    public static string Draw(BenchReport report)
    {
        var kind = report.Settings.Load.Kind == LoadKind.Concurrency ? "requests under way" : "requests sent a second";
        var x = new AxisScale(report.Loads.Max(load => load.Load.Value));
        var objective = report.Settings.Objective;
        SvgPanel[] panels =
        [
            Latency("Time to first token", load => load.Ttft, objective.TtftSeconds),
            Latency("Time per output token", load => load.Tpot, objective.TpotSeconds),
            Throughput(),
        ];
        return SvgPanel.Document($"{report.Model}: load sweep, seed {report.Settings.Seed}", panels);

        SvgPanel Latency(string title, Func<LoadResult, Summary?> of, double objectiveSeconds)
        {
            var known = report.Loads.Where(load => of(load) is not null).ToArray();
            var highest = known.Select(load => of(load)!.P99 * 1000).DefaultIfEmpty(1).Max();
            var panel = new SvgPanel(title, kind, "ms", x, new AxisScale(highest));
            Add("p50", summary => summary.P50);
            Add("p95", summary => summary.P95);
            Add("p99", summary => summary.P99);
            panel.AddHorizontalMark("objective", objectiveSeconds * 1000);
            if (report.Knee is { } knee)
                panel.AddVerticalMark("knee", knee.Value);
            return panel;

            void Add(string name, Func<Summary, double> value) =>
                panel.AddLine(name, known.Select(load => (load.Load.Value, value(of(load)!) * 1000)));
        }

        SvgPanel Throughput()
        {
            var panel = new SvgPanel("Throughput", kind, "requests/s", x, new AxisScale(report.Loads.Max(load => load.RequestsPerSecond)));
            panel.AddLine("answered", report.Loads.Select(load => (load.Load.Value, load.RequestsPerSecond)));
            panel.AddLine("goodput", report.Loads.Select(load => (load.Load.Value, load.GoodputPerSecond)));
            return panel;
        }
    }
}
