using E2LLM.Core.Plans;
using E2LLM.Planning.Search;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>Takes the plan whose requests end soonest in a simulation, on average.</summary>
/// <remarks>One run for each, then more for the best few: most plans are far behind, and the first draw of requests is not the only one.</remarks>
/// <param name="options">How plans are served.</param>
public sealed class SimulationJudge(SimulationOptions options) : IPlanJudge
{
    private const int Finalists = 3;
    private const int FinalSeeds = 3;

    public int Choose(PlanRequest request, IReadOnlyList<ServingPlan> candidates, CancellationToken cancellationToken)
    {
        var seconds = new double[candidates.Count];
        var threads = new ParallelOptions { CancellationToken = cancellationToken };
        // Each entry depends on its plan alone, so the number of threads changes nothing.
        Parallel.For(0, seconds.Length, threads, index => seconds[index] = EndToEndSeconds(request, candidates[index], seed: 1, cancellationToken));
        int[] best = [.. Enumerable.Range(0, seconds.Length).OrderBy(index => seconds[index]).ThenBy(index => index).Take(Finalists)];
        Parallel.For(0, best.Length, threads, place =>
        {
            for (var seed = 2; seed <= FinalSeeds; seed++)
                seconds[best[place]] += EndToEndSeconds(request, candidates[best[place]], seed, cancellationToken);
        });
        return best.MinBy(index => (seconds[index], index));
    }

    private double EndToEndSeconds(PlanRequest request, ServingPlan plan, int seed, CancellationToken cancellationToken) =>
        PlanTrial.Run(request, plan, seed, options, cancellationToken).MeanEndToEndSeconds;
}
