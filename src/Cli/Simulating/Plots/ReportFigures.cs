using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>The figures of a report, in the order to show.</summary>
internal static class ReportFigures
{
    public static IEnumerable<ReportFigure> Of(SimulationReport report) =>
        [.. OverRates(report), .. report.ByRate.SelectMany(cells => AtRate([.. cells])), Timeline(report)];

    /// <summary>None where there is one rate alone.</summary>
    public static IEnumerable<ReportFigure> OverRates(SimulationReport report)
    {
        if (!report.HasSeveralRates)
            yield break;
        var planners = Planners(report.Experiment.Planners);
        yield return new ReportFigure("wait-over-rate", "Mean wait by rate of arrival", size => RateFigure.DrawSeconds(report, Latency.Wait, size), planners);
        yield return new ReportFigure("end-to-end-over-rate", "Mean time from arrival to the last token by rate of arrival", size => RateFigure.DrawSeconds(report, Latency.EndToEnd, size), planners);
        yield return new ReportFigure("in-time-over-rate", "Requests in time by rate of arrival", size => RateFigure.DrawTimely(report, size), planners);
    }

    public static IEnumerable<ReportFigure> AtRate(IReadOnlyList<ExperimentCell> cells)
    {
        var rate = SimulationSentences.Rate(cells[0].RequestsPerSecond);
        var planners = Planners(cells.Select(cell => cell.Planner));
        foreach (var (latency, name) in new[] { (Latency.Wait, "wait"), (Latency.Ttft, "ttft"), (Latency.EndToEnd, "end-to-end") })
            yield return new ReportFigure($"{name}-at-{rate}", $"Share of the requests by {Spoken(latency)}, at {rate} requests/s", size => DistributionFigure.Draw(cells, latency, size), planners);
    }

    public static ReportFigure Timeline(SimulationReport report)
    {
        var cell = report.TimelineCell;
        return new ReportFigure(
            "timeline",
            $"What the stages computed with {cell.Planner} at {SimulationSentences.Rate(cell.RequestsPerSecond)} requests/s, seed {report.Experiment.FirstSeed}",
            size => TimelineFigure.Draw(report, size),
            [.. TimelineFigure.Legend(report)],
            TimelineFigure.Rows(report));
    }

    private static (string Text, Color Color)[] Planners(IEnumerable<string> names) => [.. names.Select((name, index) => (name, FigureStyle.LineColor(index)))];

    private static string Spoken(Latency latency) => latency == Latency.EndToEnd ? "time to the last token" : latency == Latency.Ttft ? "time to the first token" : "wait";
}
