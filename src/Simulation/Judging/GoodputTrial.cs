using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Simulation.Fogs;

namespace E2LLM.Simulation.Judging;

/// <summary>The highest rate at which a plan keeps its request's targets, in simulations.</summary>
public static class GoodputTrial
{
    private const int Requests = 200;
    private const int Seed = 1;

    // Of the capacity. Slots that are free at first carry two hundred requests for a while above it.
    private const double Highest = 1.6;
    private const double Lowest = 0.05;
    private const int Steps = 7;

    /// <summary>To about 5 %; 0 where the targets do not hold at a twentieth of the capacity.</summary>
    /// <param name="request">Says lengths, variability and targets; its rate does not matter.</param>
    /// <param name="plan">Any planner's with a prediction.</param>
    /// <param name="options">How it is served.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public static double RequestsPerSecond(PlanRequest request, ServingPlan plan, SimulationOptions options, CancellationToken cancellationToken)
    {
        var capacity = plan.Prediction!.CapacityRequestsPerSecond;
        var (good, bad) = (Lowest * capacity, Highest * capacity);
        if (!IsMet(request, plan, good, options, cancellationToken))
            return 0;
        for (var step = 0; step < Steps; step++)
        {
            var middle = Math.Sqrt(good * bad);
            if (IsMet(request, plan, middle, options, cancellationToken))
                good = middle;
            else
                bad = middle;
        }
        return good;
    }

    /// <summary>Whether as many requests as the targets want meet both of them. An answer of one token has no time between tokens to miss.</summary>
    public static bool IsMet(PlanRequest request, ServingPlan plan, double requestsPerSecond, SimulationOptions options, CancellationToken cancellationToken)
    {
        var workload = ServingCosts.WorkloadOf(request) with { RequestsPerSecond = requestsPerSecond, HorizonRequests = Requests };
        var result = PlanTrial.Run(request with { Workload = workload }, plan, Seed, options, cancellationToken);
        var targets = request.Targets;
        var met = result.Requests.Count(served => served.TimeToFirstTokenSeconds <= targets.TtftSeconds && served.SecondsPerOutputToken <= targets.TpotSeconds);
        return met >= targets.Share * result.Requests.Length;
    }
}
