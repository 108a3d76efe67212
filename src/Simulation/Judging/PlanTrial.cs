using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Judging;

/// <summary>Runs of a plan under its request's workload: the same requests for every plan of the request, so that plans are compared and not draws.</summary>
public static class PlanTrial
{
    private const int FewestRequests = 50;
    private const int MostRequests = 1000;

    /// <summary>Whether so many requests are all that the request's means are taken over.</summary>
    public static bool IsWhole(PlanRequest request, int requests) => ServingCosts.WorkloadOf(request).HorizonRequests <= requests;

    /// <param name="request">Says the workload, whose horizon bounds the number of requests.</param>
    /// <param name="plan">Any planner's.</param>
    /// <param name="seed">The same seed gives the same requests.</param>
    /// <param name="options">How it is served.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static SimulationResult Run(PlanRequest request, ServingPlan plan, int seed, SimulationOptions options, CancellationToken cancellationToken)
    {
        var workload = ServingCosts.WorkloadOf(request);
        var requests = WorkloadSampler.Draw(
            workload,
            Math.Clamp(workload.HorizonRequests, FewestRequests, MostRequests),
            seed,
            Math.Min(request.Engine.MaxSequenceTokens, request.Engine.KvCells));
        return new FogSimulator(request, plan, options).Run(requests, cancellationToken);
    }
}
