using System.Collections.Immutable;
using E2LLM.Simulation.Experiments.Sources;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Experiments;

/// <summary>Settles which of its candidates each plan is routed by: that with which requests end soonest in a few short runs.</summary>
/// <remarks>
/// The draws are others than those of the experiment, so that no policy is praised for the draws that it was chosen by; of a trace that is
/// replayed there is but one.
/// </remarks>
internal static class RoutingChoice
{
    private const int FirstSeed = 1;
    private const int Seeds = 3;
    private const int MaxRequests = 200;

    /// <param name="spec">Source and threads.</param>
    /// <param name="cells">With plans, all of one rate.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>The cells with their policies, in the same order.</returns>
    public static ExperimentCell[] Settle(ExperimentSpec spec, IReadOnlyList<ExperimentCell> cells, CancellationToken cancellationToken)
    {
        ImmutableArray<string>[] candidates = [.. cells.Select(cell => spec.RoutingPolicy is { } asked ? [asked] : PlannerPolicies.CandidatesOf(cell.Planner))];
        (int Cell, string Policy)[] open = [.. candidates.SelectMany((policies, cell) => policies.Length > 1 ? policies.Select(policy => (cell, policy)) : [])];
        var seconds = Seconds(spec, cells, open, cancellationToken);
        return
        [
            .. cells.Select((cell, index) => cell with
            {
                RoutingPolicy = candidates[index] is [var only]
                    ? only
                    : open[Enumerable.Range(0, open.Length).Where(trial => open[trial].Cell == index).MinBy(trial => seconds[trial])].Policy,
            }),
        ];
    }

    private static double[] Seconds(
        ExperimentSpec spec, IReadOnlyList<ExperimentCell> cells, (int Cell, string Policy)[] open, CancellationToken cancellationToken)
    {
        var runs = new double[open.Length, spec.Source.IsDrawn ? Seeds : 1];
        if (open.Length > 0)
        {
            CutRequests[] draws =
            [
                .. Enumerable.Range(FirstSeed, runs.GetLength(1)).Select(seed => CutRequests.To(
                    spec.Source.Take(cells[0].RequestsPerSecond, Math.Min(spec.Requests, MaxRequests), seed), cells[0].MaxTokens)),
            ];
            var threads = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = spec.MaxThreads };
            Parallel.For(0, runs.Length, threads, index =>
            {
                var (trial, draw) = (index / draws.Length, index % draws.Length);
                var cell = cells[open[trial].Cell];
                runs[trial, draw] = new FogSimulator(cell.Request, cell.Plan!, new SimulationOptions { RoutingPolicy = open[trial].Policy })
                    .Run(draws[draw].Requests, cancellationToken).MeanEndToEndSeconds;
            });
        }
        return [.. Enumerable.Range(0, open.Length).Select(trial => Enumerable.Range(0, runs.GetLength(1)).Average(draw => runs[trial, draw]))];
    }
}
