using System.Collections.Frozen;
using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Planning;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Simulation.Experiments;

/// <summary>The routing policies that each planner's plan may be served by, so that none is judged by another system's run time.</summary>
/// <remarks>
/// What a system decides at run time belongs to it as much as its plan. Where a paper leaves the policy open, or has one that there is not here,
/// there are several candidates, of which an experiment takes the best for the plan. Concurrency and micro-batches are the plan's own; chunks
/// of prompts beside answers are the default of a silo for all.
/// </remarks>
public static class PlannerPolicies
{
    /// <summary>What is common where there is no policy of one's own: load by requests, by tokens, by estimated waits.</summary>
    private static readonly ImmutableArray<string> Common = [RoutingPolicies.LeastWait, RoutingPolicies.JsqTokens, RoutingPolicies.JsqRequests];

    private static readonly FrozenDictionary<string, ImmutableArray<string>> ByPlanner = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
    {
        // The product's own, and what its cost model plans without its search.
        ["e2llm"] = [RoutingPolicies.LeastFinish],
        ["e2llm-dp"] = [RoutingPolicies.LeastFinish],
        ["exact"] = [RoutingPolicies.LeastFinish],
        // The paper joins the queue with the least estimated wait; how it estimates that is not known, and with our estimate alone its requests end far later than with others.
        ["e2llm-paper"] = Common,
        // As its simulator does it.
        ["splitwise"] = [RoutingPolicies.SplitwiseMixedPool],
        // Servers of whole models stand behind any balancer: vLLM's counts requests, others weigh tokens or latencies.
        ["colocated"] = Common,
        // Chooses the chain with the least latency by profiles and present load.
        ["parallax"] = Common,
        // Shares requests out as its flow says; the queues of replicas that take their share are alike.
        ["hexgen2"] = Common,
        // The floor has no say in it.
        ["random"] = Common,
        // One replica each: there is nothing to choose.
        ["single-pipeline"] = [RoutingPolicies.JsqRequests],
        ["memory-proportional"] = [RoutingPolicies.JsqRequests],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <param name="planner">A name of the planner registry.</param>
    /// <returns>At least one policy; of equally good ones the first is to be taken.</returns>
    /// <exception cref="ConfigurationException">The name is unknown; lists the valid ones.</exception>
    public static ImmutableArray<string> CandidatesOf(string planner) => ByPlanner.TryGetValue(PlannerRegistry.AblationNames.Contains(planner) ? "e2llm" : planner, out var policies)
        ? policies
        : throw new ConfigurationException($"planner is '{planner}', must be one of: {string.Join(", ", ByPlanner.Keys.Order(StringComparer.Ordinal))}.");
}
