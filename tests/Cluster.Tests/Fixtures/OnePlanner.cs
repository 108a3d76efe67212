using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Knows one planner, whatever it is asked for.</summary>
internal sealed class OnePlanner(IPlanner planner) : IPlanAdvisor
{
    public IPlanner FindPlanner(string name) => planner;

    public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan) => [];

    public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate) => [];
}
