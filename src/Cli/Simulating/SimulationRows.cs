using System.Globalization;
using E2LLM.Cli.Planning;
using E2LLM.Core.Plans;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Results;

namespace E2LLM.Cli.Simulating;

/// <summary>The tables of a report as cells, for a terminal and for a page.</summary>
internal static class SimulationRows
{
    public static readonly string[] Means = ["planner", "wait", "TTFT", "TPOT", "end to end", "in time", "goodput", "KV moved"];

    public static readonly string[] Percentiles = ["planner", "replicas", "wait", "TTFT", "TPOT", "end to end", "busy, %"];

    public static readonly string[] Churn = ["planner", "replays", "read again", "lost", "no route", "plans", "moved", "until serving"];

    public static string[] MeansOf(ExperimentCell cell) => cell.Figures is not { } figures ? Missing(cell, Means) :
    [
        cell.Planner,
        .. Latency.All.Select(latency => IntervalText.Seconds(figures[latency].Mean)),
        IntervalText.Percent(figures.TimelyShare),
        IntervalText.Rate(figures.GoodputRequestsPerSecond),
        IntervalText.Bytes(figures.KvBytes),
    ];

    public static string[] PercentilesOf(ExperimentCell cell) => cell.Figures is not { } figures ? Missing(cell, Percentiles) :
    [
        cell.Planner,
        Replicas(cell.Plan!),
        .. Latency.All.Select(latency => IntervalText.Percentiles(figures[latency])),
        BusyRange(figures),
    ];

    /// <summary>What devices that came and went have cost, means over the runs: requests that went on elsewhere, tokens that were read again for it, plans that were taken up.</summary>
    public static string[] ChurnOf(ExperimentCell cell)
    {
        if (cell.Figures is null)
            return Missing(cell, Churn);
        double[] serving = [.. cell.Runs.SelectMany(run => run.PlanChanges).Select(change => change.SecondsUntilServing).OfType<double>()];
        return
        [
            cell.Planner,
            Mean(run => run.Requests.Sum(request => request.Replays)),
            Mean(run => run.Requests.Sum(request => (double)request.RecomputedTokens)),
            Mean(run => run.LostRequests.Length),
            $"{Mean(run => run.SecondsWithoutRoute)} s",
            Mean(run => run.PlanChanges.Length),
            $"{Mean(run => run.PlanChanges.Sum(change => change.BytesMoved) / 1e9)} GB",
            serving.Length == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{serving.Average():0.#} s"),
        ];

        string Mean(Func<SimulationResult, double> figure) => cell.Runs.Average(figure).ToString("0.#", CultureInfo.InvariantCulture);
    }

    /// <summary>One row a device of the fleet, one column a planner; a dash where the plan leaves the device out.</summary>
    public static IEnumerable<string[]> BusyOf(IReadOnlyList<ExperimentCell> cells) => cells[0].Request.Fleet.Devices.Select(device => (string[])
    [
        device.Id,
        .. cells.Select(cell => cell.Figures?.BusyShares.TryGetValue(device.Id, out var share) == true ? $"{100 * share:0} %" : "-"),
    ]);

    /// <summary>Mean waits, one row a planner, one column a rate.</summary>
    public static IEnumerable<string[]> WaitsOf(SimulationReport report) => report.Cells.GroupBy(cell => cell.Planner).Select(cells => (string[])
    [
        cells.Key,
        .. cells.Select(cell => cell.Figures is { } figures ? IntervalText.Seconds(figures[Latency.Wait].Mean) : "-"),
    ]);

    /// <summary>One letter a role: "2P+1D".</summary>
    public static string Replicas(ServingPlan plan) => string.Join('+', plan.Replicas
        .GroupBy(replica => replica.Role)
        .Select(role => $"{role.Count()}{RoleNames.Of(role.Key)[0]}"));

    private static string BusyRange(CellFigures figures)
    {
        var (least, most) = (100 * figures.BusyShares.Values.Min(), 100 * figures.BusyShares.Values.Max());
        return figures.BusyShares.Count == 1 ? $"{most:0}" : $"{least:0}-{most:0}";
    }

    private static string[] Missing(ExperimentCell cell, string[] columns) => [cell.Planner, .. columns.Skip(1).Select(_ => "-")];
}
