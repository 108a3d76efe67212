using System.Globalization;
using E2LLM.Cli.Planning;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Sources;
using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Cli.Simulating;

/// <summary>What was simulated, and what came of it, in sentences; the same on a terminal and on a page.</summary>
internal static class SimulationSentences
{
    public static string Request(SimulationReport report)
    {
        var (request, workload) = (report.Input.Request, report.Source.Source.Workload);
        return $"model {request.Model.Id} ({Figures.Count(request.Model.LayerCount, "layer")}) on fleet {request.Fleet.Name} ({Figures.Count(request.Fleet.Devices.Length, "device")}), "
            + $"workload {workload.Name} ({workload.MeanInputTokens:0} tokens in, {workload.MeanOutputTokens:0} out on average) at {Rates(report.Source.Rates)} requests/s, "
            + $"objective {request.Objective.ToString().ToLowerInvariant()}, seed {request.Seed}";
    }

    /// <summary>Where the figures come from.</summary>
    public static string Source(SimulationReport report) => $"Figures are simulated on a virtual clock, from {report.Input.ProfileSources}.";

    public static string Runs(SimulationReport report)
    {
        var spec = report.Experiment;
        var runs = spec.Seeds == 1
            ? $"One run of {Figures.Count(spec.Requests, "request")} for each planner, so without intervals"
            : $"Means over {spec.Seeds} runs of {Figures.Count(spec.Requests, "request")} for each planner, the same requests for all, ± half the interval that holds the mean with 95 % (Student's t)";
        return $"{runs}; {Requests(report)}.";
    }

    /// <summary>A planner whose plans are served by different policies at different rates stands with each of them, and with its rates.</summary>
    public static string Policies(SimulationReport report)
    {
        ExperimentCell[] planned = [.. report.Cells.Where(cell => cell.Plan is not null)];
        return $"Routed by {string.Join("; ", planned.GroupBy(cell => cell.RoutingPolicy).Select(policy => $"{policy.Key} ({string.Join(", ", policy.GroupBy(cell => cell.Planner).Select(Served))})"))}.";

        string Served(IGrouping<string, ExperimentCell> cells) => cells.Count() == planned.Count(cell => cell.Planner == cells.Key)
            ? cells.Key
            : $"{cells.Key} at {string.Join(" and ", cells.Select(cell => Rate(cell.RequestsPerSecond)))}/s";
    }

    public static string Legend(SimulationReport report)
    {
        var targets = report.Input.Request.Targets;
        return $"In time: requests with TTFT up to {Figures.Seconds(targets.TtftSeconds)} and TPOT up to {Figures.Seconds(targets.TpotSeconds)}; goodput: those by the time of the run. "
            + "KV moved: caches that went from PREFILL to DECODER replicas in a run. P: PREFILL, D: DECODER, M: MIXED.";
    }

    public static IEnumerable<string> Notes(SimulationReport report)
    {
        foreach (var note in PlanSentences.Notes(report.Input.Request).Concat(report.Source.Notes))
            yield return $"Note: {note}.";
        foreach (var cell in report.ByRate.Select(cells => cells.FirstOrDefault(cell => cell.CutRequests > 0)).OfType<ExperimentCell>())
            yield return $"Note: at {Rate(cell.RequestsPerSecond)}/s {cell.CutRequests} of {Figures.Count(report.Experiment.Requests * report.Experiment.Seeds, "request")} had more than the {cell.MaxTokens} tokens "
                + "of the plans' sequences and were cut to that; --max-sequence-tokens takes longer ones.";
        foreach (var happens in report.Experiment.FleetEvents.OrderBy(happens => happens.AtSeconds))
            yield return string.Create(CultureInfo.InvariantCulture, $"Note: {happens.DeviceId} {happens.Kind switch
            {
                FleetEventKind.Leaves => "leaves",
                FleetEventKind.Joins => "comes back",
                _ => string.Create(CultureInfo.InvariantCulture, $"takes {happens.Factor:G4} times as long"),
            }} at {happens.AtSeconds:G6} s.");
        foreach (var cell in report.Cells)
            foreach (var refusal in cell.Runs.SelectMany(run => run.PlanRefusals).DistinctBy(refusal => (refusal.Reason, refusal.Message)))
                yield return $"Note: no other plan by {cell.Planner} was taken up when {refusal.Reason}: {refusal.Message}";
        foreach (var cell in report.Cells.Where(cell => cell.Refusal is not null))
            yield return $"Note: {cell.Planner} has no plan at {Rate(cell.RequestsPerSecond)}/s: {cell.Refusal}";
        if (report.Timeline is { IsCut: true })
            yield return "Note: the run is longer than the timeline, which ends before it.";
    }

    /// <summary>The first planner against the best of the others; null where there is nothing to compare.</summary>
    public static string? Verdict(IEnumerable<ExperimentCell> cellsOfRate)
    {
        ExperimentCell[] cells = [.. cellsOfRate.Where(cell => cell.Figures is not null)];
        if (cells.Length < 2)
            return null;
        var (first, best) = (cells[0], cells[1..].MinBy(cell => cell.Figures![Latency.EndToEnd].Mean.Mean)!);
        var than = best.Figures![Latency.EndToEnd].Mean.Mean;
        var difference = MeanInterval.OfDifferences([.. first.Runs.Select(run => run.MeanEndToEndSeconds)], [.. best.Runs.Select(run => run.MeanEndToEndSeconds)]);
        var percent = 100 * Math.Abs(difference.Mean) / than;
        var interval = difference.HalfWidth is { } half ? $" ±{100 * half / than:0.0}" : "";
        var isClear = difference.HalfWidth is { } width && Math.Abs(difference.Mean) > width;
        return $"With {first.Planner} requests end {percent:0.0}{interval} % {(difference.Mean <= 0 ? "sooner" : "later")} than with {best.Planner}, the best of the other planners"
            + (difference.HalfWidth is null || isClear ? "." : ": no difference that these runs could tell.");
    }

    public static string Rate(double perSecond) => perSecond.ToString("G4", CultureInfo.InvariantCulture);

    public static string Rates(IEnumerable<double> perSecond) => string.Join(", ", perSecond.Select(Rate));

    private static string Requests(SimulationReport report)
    {
        var (source, scale) = (report.Source.Source, report.Settings.RateScale);
        var gaps = source.Workload.ArrivalScv switch
        {
            0 => "fixed gaps",
            1 => "Poisson gaps",
            var scv => string.Create(CultureInfo.InvariantCulture, $"gamma gaps (SCV {scv:G3})"),
        };
        var seeds = report.Experiment.Seeds == 1 ? $"seed {report.Experiment.FirstSeed}" : $"seeds {report.Experiment.FirstSeed} to {report.Experiment.FirstSeed + report.Experiment.Seeds - 1}";
        return source switch
        {
            ReplayedTrace => "the trace as it is" + (report.Settings.Rates.Count > 0 || scale != 1 ? ", but for gaps that are stretched alike to the rate" : ""),
            ResampledTrace => $"prompts and answers drawn in pairs from the trace, {gaps}, {seeds}",
            _ => $"lengths drawn by their means and variability, {gaps}, {seeds}",
        };
    }
}
