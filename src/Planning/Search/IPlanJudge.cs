using E2LLM.Core.Plans;

namespace E2LLM.Planning.Search;

/// <summary>Settles between the best few plans of a search by something truer than the cost model: a simulation of the workload.</summary>
public interface IPlanJudge
{
    /// <summary>The index of the plan to take. Same arguments, same answer: the search stays reproducible.</summary>
    /// <param name="request">The request that they answer, with the objective to judge by: latency or goodput.</param>
    /// <param name="candidates">At least two plans, the cost model's best first, without certificates.</param>
    /// <param name="cancellationToken">Ends the judging.</param>
    int Choose(PlanRequest request, IReadOnlyList<ServingPlan> candidates, CancellationToken cancellationToken);
}
