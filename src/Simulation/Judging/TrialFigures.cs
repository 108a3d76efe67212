using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>What a plan did for its workload in a few simulations: means over all requests of all runs.</summary>
/// <param name="Runs">Simulations, each with requests of its own.</param>
/// <param name="Requests">Requests of one run.</param>
/// <param name="WaitSeconds">In queues.</param>
/// <param name="TtftSeconds">From arrival to the first token.</param>
/// <param name="TpotSeconds">Between two tokens of an answer.</param>
/// <param name="EndToEndSeconds">From arrival to the last token.</param>
public sealed record TrialFigures(int Runs, int Requests, double WaitSeconds, double TtftSeconds, double TpotSeconds, double EndToEndSeconds)
{
    /// <summary>Runs of a plan that is looked at closely: means of three differ by more than plans do that are worth comparing.</summary>
    internal const int Seeds = 9;

    /// <summary>Runs that tell plans which are worth a closer look.</summary>
    internal const int FirstSeeds = 3;

    /// <summary>Requests of one run at most: longer ones tell more of plans that nearly carry their load, and take as much longer.</summary>
    internal const int FirstLook = 200;

    /// <summary>Whether these are no worse than others in wait, time to the first and to the last token, and better in one of them.</summary>
    public bool Dominates(TrialFigures other) =>
        WaitSeconds <= other.WaitSeconds && TtftSeconds <= other.TtftSeconds && EndToEndSeconds <= other.EndToEndSeconds
        && (WaitSeconds < other.WaitSeconds || TtftSeconds < other.TtftSeconds || EndToEndSeconds < other.EndToEndSeconds);

    /// <param name="request">What the plan answers.</param>
    /// <param name="plan">Any planner's.</param>
    /// <param name="options">How it is served.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public static TrialFigures Of(PlanRequest request, ServingPlan plan, SimulationOptions options, CancellationToken cancellationToken) =>
        Of(request, plan, new PlanTrials(options), cancellationToken);

    /// <param name="request">What the plan answers.</param>
    /// <param name="plan">Any planner's.</param>
    /// <param name="trials">Those that were run before are not run again.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public static TrialFigures Of(PlanRequest request, ServingPlan plan, PlanTrials trials, CancellationToken cancellationToken) =>
        Of(request, plan, Seeds, trials, cancellationToken);

    internal static TrialFigures Of(PlanRequest request, ServingPlan plan, int seeds, PlanTrials trials, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trials);
        var workload = ServingCosts.WorkloadOf(request);
        var look = request with { Workload = workload with { HorizonRequests = Math.Min(workload.HorizonRequests, FirstLook) } };
        var results = Enumerable.Range(1, seeds).Select(seed => trials.Run(look, plan, seed, cancellationToken)).ToArray();
        return new TrialFigures(
            seeds,
            results[0].Requests.Length,
            results.Average(result => result.MeanWaitSeconds),
            results.Average(result => result.MeanTtftSeconds),
            results.Average(result => result.MeanTpotSeconds),
            results.Average(result => result.MeanEndToEndSeconds));
    }
}
