using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Plans as the planner does that the test has set last.</summary>
internal sealed class ChangingPlanner : IPlanner
{
    public required IPlanner Current { get; set; }

    public string Name => Current.Name;

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken) => Current.Plan(request, cancellationToken);
}
