using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Another planner's plan with other replicas: what a test needs of concurrency, speed or engine settings.</summary>
internal sealed class ChangedPlanner(IPlanner inner, Func<ReplicaPlan, ReplicaPlan> change) : IPlanner
{
    public string Name => inner.Name;

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        var plan = inner.Plan(request, cancellationToken);
        return plan with { Replicas = [.. plan.Replicas.Select(change)] };
    }
}
