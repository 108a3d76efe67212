using System.Collections.Immutable;

namespace E2LLM.Core.Plans;

/// <summary>Finds planners by name, and says in sentences what a plan does and what would change with another.</summary>
public interface IPlanAdvisor
{
    /// <exception cref="Errors.ConfigurationException">The name is unknown; lists the valid ones.</exception>
    IPlanner FindPlanner(string name);

    /// <summary>What each replica does, what limits it, what is predicted and what is proved; one sentence a line.</summary>
    ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan);

    /// <summary>
    /// The same plan with alike devices in other places, where that leaves more of what runs as it is. Without a word of what is alike, the plan as it is.
    /// </summary>
    /// <param name="request">What the plan was made for.</param>
    /// <param name="plan">The new one.</param>
    /// <param name="running">Replicas that run, or are about to.</param>
    ServingPlan Align(PlanRequest request, ServingPlan plan, IReadOnlyList<ReplicaPlan> running) => plan;

    /// <summary>What would move between the devices, for how long, and what it would bring; one sentence a line.</summary>
    ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate);
}
