using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Search;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>Takes the plan whose requests end soonest in simulations, or the one that serves most of them in time.</summary>
/// <remarks>
/// By latency: over the workload's horizon. Where that is longer than a first look simulates, of those that carry the rate with a margin, as far as any
/// does, and the best few of them once more over the horizon; of times that nobody can tell apart the most capacity. By goodput: the highest rate at which the targets hold, found by bisection; equal ones again by capacity. Never a plan that another
/// candidate beats in wait, time to the first and to the last token alike.
/// </remarks>
public sealed class SimulationJudge : IPlanJudge
{
    /// <summary>Plans whose goodput is worth a bisection: the best as they are predicted.</summary>
    private const int MaxBisected = 3;

    /// <summary>Plans that are worth a run over a long horizon.</summary>
    private const int MaxFinalists = 3;

    private const int LongSeed = 1;

    /// <summary>Of the soonest time to the last token: what a few runs cannot tell apart.</summary>
    private const double CloseFactor = 1.15;

    private const int MaxClose = 8;

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
        var threads = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = request.MaxThreads };
        var trials = new TrialFigures[candidates.Count];
        Parallel.For(0, trials.Length, threads, index =>
            trials[index] = TrialFigures.Of(request, candidates[index], TrialFigures.FirstSeeds, remembered, cancellationToken));
        if (request.Objective != PlanObjective.Goodput && PlanTrial.IsWhole(request, TrialFigures.FirstLook))
            return Closest(request, candidates, trials, remembered, threads);
        int[] left = [.. Enumerable.Range(0, trials.Length).Where(index => !trials.Any(other => other.Dominates(trials[index])))];
        if (request.Objective != PlanObjective.Goodput)
        {
            int[] finalists = [.. Carrying(request, candidates, left).OrderBy(index => trials[index].EndToEndSeconds).Take(MaxFinalists)];
            var seconds = new double[trials.Length];
            Parallel.ForEach(finalists, threads, index => seconds[index] = remembered.Run(request, candidates[index], LongSeed, cancellationToken).MeanEndToEndSeconds);
            return SoonestEnd(candidates, finalists, index => seconds[index]);
        }

        int[] bisected = [.. left.Take(MaxBisected)];
        var goodput = new double[bisected.Length];
        Parallel.For(0, bisected.Length, threads, place =>
            goodput[place] = GoodputTrial.RequestsPerSecond(request, candidates[bisected[place]], remembered, cancellationToken));
        var most = goodput.Max();
        return MostCapacity(
            candidates, bisected.Where((_, place) => goodput[place] * (1 + GoodputTrial.Tolerance) >= most), index => trials[index].EndToEndSeconds);
    }

    /// <summary>Of plans whose requests end about as soon: more runs tell them apart.</summary>
    private static int Closest(
        PlanRequest request, IReadOnlyList<ServingPlan> candidates, TrialFigures[] trials, PlanTrials remembered, ParallelOptions threads)
    {
        var least = trials.Min(trial => trial.EndToEndSeconds);
        int[] close = [.. Enumerable.Range(0, trials.Length).OrderBy(index => trials[index].EndToEndSeconds)
            .TakeWhile(index => trials[index].EndToEndSeconds <= least * CloseFactor).Take(MaxClose)];
        var closer = new TrialFigures[trials.Length];
        Parallel.ForEach(close, threads, index => closer[index] = TrialFigures.Of(request, candidates[index], remembered, threads.CancellationToken));
        int[] left = [.. close.Where(index => !close.Any(other => closer[other].Dominates(closer[index])))];
        return SoonestEnd(candidates, left, index => closer[index].EndToEndSeconds);
    }

    /// <summary>Those that sustain the rate: over a few requests a queue that grows without end looks short. All, where none does.</summary>
    private static int[] Carrying(PlanRequest request, IReadOnlyList<ServingPlan> candidates, int[] left)
    {
        var rate = ServingCosts.WorkloadOf(request).RequestsPerSecond;
        int[] carrying = [.. left.Where(index => candidates[index].Prediction!.SustainedRequestsPerSecond >= PlanFigures.LoadMargin * rate)];
        return carrying.Length > 0 ? carrying : left;
    }

    private static int SoonestEnd(IReadOnlyList<ServingPlan> candidates, int[] left, Func<int, double> seconds)
    {
        var least = left.Min(seconds);
        return MostCapacity(candidates, left.Where(index => seconds(index) <= least * (1 + PlanFigures.LatencyTolerance)), seconds);
    }

    private static int MostCapacity(IReadOnlyList<ServingPlan> candidates, IEnumerable<int> equals, Func<int, double> seconds) => equals
        .OrderByDescending(index => candidates[index].Prediction!.CapacityRequestsPerSecond)
        .ThenBy(seconds)
        .ThenBy(index => index)
        .First();
}
