using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Statistics;
using ScottPlot;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>A figure of every planner over the rate of arrival, with the intervals of its means.</summary>
internal static class RateFigure
{
    /// <summary>Rates up to which each has its label.</summary>
    private const int MaxRateTicks = 8;

    /// <summary>Between neighbours, and between the first and the last planner, of the width.</summary>
    private const double Aside = 0.008;
    private const double MaxAside = 0.05;

    /// <summary>Logarithmic: a wait may be nothing at one rate and minutes at the next.</summary>
    public static Plot DrawSeconds(SimulationReport report, Latency latency, FigureSize size)
    {
        MeanInterval[] means = [.. report.Cells.Where(cell => cell.Figures is not null).Select(cell => cell.Figures![latency].Mean)];
        var axis = new SecondsAxis(means.Min(mean => mean.Mean), means.Max(mean => mean.High));
        var plot = Draw(report, figures => figures[latency].Mean, axis.Place, $"mean {latency.Name}", size);
        axis.Apply(plot.Axes.Left);
        return plot;
    }

    public static Plot DrawTimely(SimulationReport report, FigureSize size)
    {
        var plot = Draw(report, figures => figures.TimelyShare, share => 100 * Math.Clamp(share, 0, 1), "requests in time, %", size);
        plot.Axes.SetLimitsY(-2, 102);
        return plot;
    }

    /// <summary>Whether the labels of two would run into each other.</summary>
    private static bool AreCrowded(IReadOnlyList<double> rates)
    {
        var sorted = rates.Order().ToArray();
        return sorted.Zip(sorted.Skip(1)).Any(pair => pair.Second - pair.First < 0.08 * (sorted[^1] - sorted[0]));
    }

    private static Plot Draw(SimulationReport report, Func<CellFigures, MeanInterval> figure, Func<double, double> place, string label, FigureSize size)
    {
        var plot = FigureStyle.Create(size, "requests/s", label);
        var (least, most) = (report.Source.Rates.Min(), report.Source.Rates.Max());
        // Beside each other, so that intervals do not hide those of other planners.
        var (index, planners) = (0, report.Experiment.Planners.Count);
        foreach (var cells in report.Cells.GroupBy(cell => cell.Planner))
            Add(plot, [.. cells.Where(cell => cell.Figures is not null).OrderBy(cell => cell.RequestsPerSecond)], index++);
        plot.Axes.SetLimitsX(least - 0.04 * (most - least), most + 0.04 * (most - least));
        if (report.Source.Rates.Count <= MaxRateTicks && !AreCrowded(report.Source.Rates))
            plot.Axes.Bottom.SetTicks([.. report.Source.Rates], [.. report.Source.Rates.Select(SimulationSentences.Rate)]);
        FigureStyle.AddLegend(plot, size);
        return plot;

        void Add(Plot to, ExperimentCell[] cells, int number)
        {
            if (cells.Length == 0)
                return;
            var color = FigureStyle.LineColor(number);
            var aside = Math.Min(Aside, MaxAside / planners) * (most - least) * (number - 0.5 * (planners - 1));
            foreach (var cell in cells)
                if (figure(cell.Figures!) is { HalfWidth: > 0 } interval)
                {
                    var bar = to.Add.Line(cell.RequestsPerSecond + aside, place(interval.Low), cell.RequestsPerSecond + aside, place(interval.High));
                    bar.LineColor = color;
                    bar.LineWidth = 1.5f;
                }
            var line = to.Add.Scatter(cells.Select(cell => cell.RequestsPerSecond + aside).ToArray(), cells.Select(cell => place(figure(cell.Figures!).Mean)).ToArray(), color);
            line.LegendText = cells[0].Planner;
            line.LineWidth = 2;
            line.MarkerShape = FigureStyle.Mark(number);
            line.MarkerSize = 7;
        }
    }
}
