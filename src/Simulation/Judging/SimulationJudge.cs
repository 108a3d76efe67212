using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Search;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>Takes the plan whose requests end soonest in simulations, or the one that serves most of them in time.</summary>
/// <remarks>
/// By latency: of those that carry the workload's rate with a margin, as far as any does; of times that nobody can tell apart the most capacity.
/// By goodput: the highest rate at which the targets hold, found by bisection; equal ones again by capacity. Never a plan that another
/// candidate beats in wait, time to the first and to the last token alike.
/// </remarks>
public sealed class SimulationJudge : IPlanJudge
{
    /// <summary>Plans whose goodput is worth a bisection: the best as they are predicted.</summary>
    private const int MaxBisected = 3;

    private readonly Func<PlanTrials> _trials;

    /// <summary>Forgets its trials when it has chosen.</summary>
    /// <param name="options">How plans are served.</param>
    public SimulationJudge(SimulationOptions options) => _trials = () => new PlanTrials(options);

    /// <summary>Shares its trials.</summary>
    /// <param name="trials">Where they are remembered.</param>
    public SimulationJudge(PlanTrials trials) => _trials = () => trials;

    public int Choose(PlanRequest request, IReadOnlyList<ServingPlan> candidates, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var remembered = _trials();
        // Each entry depends on its plan alone, so the number of threads changes nothing.
        var threads = new ParallelOptions { CancellationToken = cancellationToken };
        var trials = new TrialFigures[candidates.Count];
        Parallel.For(0, trials.Length, threads, index => trials[index] = TrialFigures.Of(request, candidates[index], remembered, cancellationToken));
        int[] left = [.. Enumerable.Range(0, trials.Length).Where(index => !trials.Any(other => other.Dominates(trials[index])))];
        if (request.Objective != PlanObjective.Goodput)
            return ByLatency(request, candidates, trials, left);

        int[] bisected = [.. left.Take(MaxBisected)];
        var goodput = new double[bisected.Length];
        Parallel.For(0, bisected.Length, threads, place =>
            goodput[place] = GoodputTrial.RequestsPerSecond(request, candidates[bisected[place]], remembered, cancellationToken));
        var most = goodput.Max();
        return MostCapacity(
            candidates, bisected.Where((_, place) => goodput[place] * (1 + GoodputTrial.Tolerance) >= most), index => trials[index].EndToEndSeconds);
    }

    private static int ByLatency(PlanRequest request, IReadOnlyList<ServingPlan> candidates, TrialFigures[] trials, int[] left)
    {
        var rate = ServingCosts.WorkloadOf(request).RequestsPerSecond;
        int[] carrying = [.. left.Where(index => candidates[index].Prediction!.SustainedRequestsPerSecond >= PlanFigures.LoadMargin * rate)];
        if (carrying.Length > 0)
            left = carrying;
        var least = left.Min(index => trials[index].EndToEndSeconds);
        return MostCapacity(
            candidates, left.Where(index => trials[index].EndToEndSeconds <= least * (1 + PlanFigures.LatencyTolerance)), index => trials[index].EndToEndSeconds);
    }

    private static int MostCapacity(IReadOnlyList<ServingPlan> candidates, IEnumerable<int> equals, Func<int, double> seconds) => equals
        .OrderByDescending(index => candidates[index].Prediction!.CapacityRequestsPerSecond)
        .ThenBy(seconds)
        .ThenBy(index => index)
        .First();
}
