using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;

namespace E2LLM.Simulation.Judging;

/// <summary>The highest rate at which a plan keeps its request's targets, in simulations.</summary>
public static class GoodputTrial
{
    private const int Requests = 200;
    private const int Seed = 1;

    /// <summary>What is left open of the rate.</summary>
    public const double Tolerance = 0.05;

    // Of what the plan sustains. Slots that are free at first carry two hundred requests for a while above it.
    private const double Highest = 2;
    private const double Lowest = 0.1;

    /// <summary>To the tolerance; 0 where the targets do not hold at a tenth of what the plan sustains.</summary>
    /// <param name="request">Says lengths, variability and targets; its rate does not matter.</param>
    /// <param name="plan">Any planner's with a prediction.</param>
    /// <param name="trials">Where runs are remembered.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public static double RequestsPerSecond(PlanRequest request, ServingPlan plan, PlanTrials trials, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var sustained = plan.Prediction!.SustainedRequestsPerSecond;
        var (good, bad) = (0.0, Highest * sustained);
        for (var rate = sustained; bad > good * (1 + Tolerance) && rate > Lowest * sustained; rate = good > 0 ? Math.Sqrt(good * bad) : 0.6 * bad)
            if (IsMet(request, plan, rate, trials, cancellationToken))
                good = rate;
            else
                bad = rate;
        return good;
    }

    /// <summary>Whether as many requests as the targets want meet both of them.</summary>
    public static bool IsMet(PlanRequest request, ServingPlan plan, double requestsPerSecond, PlanTrials trials, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(trials);
        var workload = ServingCosts.WorkloadOf(request) with { RequestsPerSecond = requestsPerSecond, HorizonRequests = Requests };
        var result = trials.Run(request with { Workload = workload }, plan, Seed, cancellationToken);
        return result.TimelyRequests(request.Targets) >= request.Targets.Share * result.Requests.Length;
    }
}
