using System.Collections.Frozen;
using E2LLM.Core.Errors;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Simulation.Experiments;

/// <summary>The routing policy that each planner's plan is served by, so that none is judged by another system's run time.</summary>
/// <remarks>
/// What a system decides at run time belongs to it as much as its plan. Concurrency and micro-batches are the plan's own; chunks of prompts
/// beside answers are the default of a silo for all.
/// </remarks>
public static class PlannerPolicies
{
    private static readonly FrozenDictionary<string, string> ByPlanner = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        // The product's own, and what its cost model plans without its search.
        ["e2llm"] = RoutingPolicies.LeastFinish,
        ["e2llm-dp"] = RoutingPolicies.LeastFinish,
        ["exact"] = RoutingPolicies.LeastFinish,
        // The paper joins the queue with the least estimated wait.
        ["e2llm-paper"] = RoutingPolicies.LeastWait,
        ["splitwise"] = RoutingPolicies.SplitwiseMixedPool,
        ["colocated"] = RoutingPolicies.LeastWait,
        ["parallax"] = RoutingPolicies.LeastWait,
        ["hexgen2"] = RoutingPolicies.LeastWait,
        // One replica each: there is nothing to choose.
        ["single-pipeline"] = RoutingPolicies.JsqRequests,
        ["memory-proportional"] = RoutingPolicies.JsqRequests,
        // The floor, with the run time that takes least thought.
        ["random"] = RoutingPolicies.JsqRequests,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="planner">A name of the planner registry.</param>
    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static string RoutingOf(string planner) => ByPlanner.GetValueOrDefault(planner)
        ?? throw new ConfigurationException($"planner is '{planner}', must be one of: {string.Join(", ", ByPlanner.Keys.Order(StringComparer.Ordinal))}.");
}
