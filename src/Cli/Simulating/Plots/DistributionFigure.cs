using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>How large a share of the requests of all runs takes no longer than so many seconds.</summary>
internal static class DistributionFigure
{
    private const int MaxPoints = 250;

    /// <summary>On a line, at every tenth of the requests.</summary>
    private const int Marks = 9;

    /// <param name="cells">Of one rate.</param>
    /// <param name="latency">Which.</param>
    /// <param name="size">What it is to fit in.</param>
    public static Plot Draw(IReadOnlyList<ExperimentCell> cells, Latency latency, FigureSize size)
    {
        double[][] sorted = [.. cells.Select(cell => latency.Sorted(cell.Runs.SelectMany(run => run.Requests)))];
        var shown = sorted.Where(values => values.Length > 0).ToArray();
        // Without anything to show, any axis.
        var axis = shown.Length == 0 ? new SecondsAxis(1, 1) : new SecondsAxis(shown.Min(values => values[0]), shown.Max(values => values[^1]));
        var plot = FigureStyle.Create(size, latency.Name, "requests, %");
        for (var index = 0; index < cells.Count; index++)
            if (sorted[index].Length > 0)
                Add(plot, cells[index].Planner, sorted[index], index, axis);
        axis.Apply(plot.Axes.Bottom);
        plot.Axes.SetLimitsY(-2, 102);
        FigureStyle.AddLegend(plot, size);
        return plot;
    }

    private static void Add(Plot plot, string planner, double[] sorted, int number, SecondsAxis axis)
    {
        var points = Math.Min(sorted.Length, MaxPoints);
        double[] shares = [0, .. Enumerable.Range(1, points).Select(point => 100.0 * point / points)];
        double[] places = [axis.Place(sorted[0]), .. shares.Skip(1).Select(share => axis.Place(Percentile.Of(sorted, share)))];
        var line = plot.Add.Scatter(places, shares, FigureStyle.LineColor(number));
        line.LineWidth = 2;
        line.MarkerSize = 0;
        var tenths = Enumerable.Range(1, Marks).Select(mark => 100.0 * mark / (Marks + 1)).ToArray();
        var marks = plot.Add.Scatter(tenths.Select(share => axis.Place(Percentile.Of(sorted, share))).ToArray(), tenths, FigureStyle.LineColor(number));
        marks.LegendText = planner;
        marks.LineWidth = 0;
        marks.MarkerShape = FigureStyle.Mark(number);
        marks.MarkerSize = 6;
    }
}
