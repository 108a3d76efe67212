using E2LLM.Core.Plans;
using E2LLM.Planning.Search;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>Takes the plan whose requests end soonest in a simulation, on average.</summary>
/// <remarks>One run for each, then more for the best few: most plans are far behind, and the first draw of requests is not the only one.</remarks>
public sealed class SimulationJudge : IPlanJudge
{
    private const int Finalists = 3;

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
        var trials = _trials();
        var seconds = new double[candidates.Count];
        var threads = new ParallelOptions { CancellationToken = cancellationToken };
        // Each entry depends on its plan alone, so the number of threads changes nothing.
        Parallel.For(0, seconds.Length, threads, index => seconds[index] = EndToEndSeconds(candidates[index], seed: 1));
        int[] best = [.. Enumerable.Range(0, seconds.Length).OrderBy(index => seconds[index]).ThenBy(index => index).Take(Finalists)];
        Parallel.For(0, best.Length, threads, place =>
        {
            for (var seed = 2; seed <= TrialFigures.Seeds; seed++)
                seconds[best[place]] += EndToEndSeconds(candidates[best[place]], seed);
        });
        return best.MinBy(index => (seconds[index], index));

        double EndToEndSeconds(ServingPlan plan, int seed) => trials.Run(request, plan, seed, cancellationToken).MeanEndToEndSeconds;
    }
}
