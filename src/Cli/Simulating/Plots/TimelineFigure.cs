using E2LLM.Core.Plans;
using E2LLM.Simulation.Timelines;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace E2LLM.Cli.Simulating.Plots;

/// <summary>What every stage computed in one run. A step is too short to be seen: the height says how much of so many seconds was computed, the colour mostly what.</summary>
internal static class TimelineFigure
{
    /// <summary>More are too many to read.</summary>
    private const int MaxStages = 80;

    private const int WideBins = 300;
    private const int NarrowBins = 120;

    private const double RowHeight = 0.86;

    /// <summary>What is told apart of a height; alike neighbours are one bar.</summary>
    private const double HeightStep = 0.05;

    /// <summary>Rows of the figure: the stages, and one for KV caches where there are any.</summary>
    public static int Rows(SimulationReport report) =>
        Math.Min(MaxStages, report.TimelineCell.Plan!.Replicas.Sum(replica => replica.Stages.Length)) + (report.Timeline!.Transfers.Count > 0 ? 1 : 0);

    public static Plot Draw(SimulationReport report, FigureSize size)
    {
        var (timeline, plan) = (report.Timeline!, report.TimelineCell.Plan!);
        var end = timeline.Stages.Select(busy => busy.ToSeconds).DefaultIfEmpty(1).Max();
        var bins = new TimelineBins(end, size.IsNarrow ? NarrowBins : WideBins);
        (string Replica, int Stage, string Label)[] stages =
        [
            .. plan.Replicas.SelectMany(replica => replica.Stages.Select((stage, index) => (replica.Id, index, Label(replica, stage, size)))).Take(MaxStages),
        ];
        var plot = FigureStyle.Create(size, "virtual time, s", "");
        var ticks = new NumericManual();
        var row = Rows(report);
        var busyOf = timeline.Stages.ToLookup(busy => (busy.Replica, busy.Stage));
        foreach (var (replica, stage, label) in stages)
        {
            ticks.AddMajor(--row + 0.5, label);
            Add(plot, row, bins, busyOf[(replica, stage)].Select(busy => (busy.FromSeconds, busy.ToSeconds, Kind(busy))));
        }
        if (timeline.Transfers.Count > 0)
        {
            ticks.AddMajor(--row + 0.5, "KV caches");
            Add(plot, row, bins, timeline.Transfers.Select(transfer => (transfer.FromSeconds, transfer.ToSeconds, 3)));
        }
        plot.Axes.Left.TickGenerator = ticks;
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Grid.YAxisStyle.IsVisible = false;
        plot.Axes.SetLimits(0, end, 0, Rows(report));
        plot.Legend.ManualItems.AddRange(Legend(report).Select(item => new LegendItem { LabelText = item.Text, FillColor = item.Color }));
        FigureStyle.AddLegend(plot, size);
        return plot;
    }

    private static string Label(ReplicaPlan replica, StagePlan stage, FigureSize size) => size.IsNarrow
        ? Planning.Figures.Shorten(stage.DeviceId, 14)
        : $"{replica.Id} {Planning.RoleNames.Of(replica.Role)}  {Planning.Figures.Shorten(stage.DeviceId, 24)}";

    private static int Kind(StageBusy busy) => busy switch
    {
        { PromptRows: 0 } => 0,
        { DecodeRows: 0 } => 1,
        _ => 2,
    };

    private static Color ColorOf(int kind) => kind switch
    {
        0 => FigureStyle.Answers,
        1 => FigureStyle.Prompts,
        2 => FigureStyle.Both,
        _ => FigureStyle.KvCaches,
    };

    /// <summary>What the colours mean.</summary>
    public static IEnumerable<(string Text, Color Color)> Legend(SimulationReport report)
    {
        (string Text, Color Color)[] items = [("answers", FigureStyle.Answers), ("prompts", FigureStyle.Prompts), ("both in a step", FigureStyle.Both), ("KV caches", FigureStyle.KvCaches)];
        return items.Take(report.Timeline!.Transfers.Count > 0 ? 4 : 3);
    }

    private static void Add(Plot plot, int row, TimelineBins bins, IEnumerable<(double From, double To, int Kind)> intervals)
    {
        var drawn = new List<Bar>();
        foreach (var (from, to, share, kind) in bins.Merge(intervals, HeightStep))
            drawn.Add(new Bar
            {
                Position = (from + to) / 2,
                Size = to - from,
                ValueBase = row + 0.5 * (1 - RowHeight),
                Value = row + 0.5 * (1 - RowHeight) + RowHeight * share,
                FillColor = ColorOf(kind),
                LineWidth = 0,
            });
        plot.Add.Bars(drawn);
    }
}
