using System.Collections.Frozen;
using E2LLM.Core.Errors;

namespace E2LLM.Scheduling.Routing;

/// <summary>The routing policies by name.</summary>
public static class RoutingPolicies
{
    /// <summary>
    /// The answer that starts soonest: work in the queues over the measured rates, KV room, link time of the KV cache. Among replicas
    /// that could start at once, the one that would be done first.
    /// </summary>
    public const string LeastWait = "least-wait";

    /// <summary>
    /// The answer that ends soonest: as <see cref="LeastWait"/>, and then its own decode steps at the pace of the replica with the
    /// requests that run there.
    /// </summary>
    public const string LeastFinish = "least-finish";

    /// <summary>Fewest requests queued and running.</summary>
    public const string JsqRequests = "jsq-requests";

    /// <summary>Fewest pending tokens.</summary>
    public const string JsqTokens = "jsq-tokens";

    /// <summary>One after the other, whatever their load.</summary>
    public const string RoundRobin = "round-robin";

    /// <summary>Pools of prompt and token machines and a mixed one between them, as in the simulator of Splitwise.</summary>
    public const string SplitwiseMixedPool = "splitwise-mixed-pool";

    private static readonly FrozenDictionary<string, IRoutingPolicy> ByName = new IRoutingPolicy[]
    {
        new BestRoutePolicy(LeastWait, LeastWaitCost.OfReplica, LeastWaitCost.OfWhole, LeastWaitCost.OfHandOff),
        new BestRoutePolicy(LeastFinish, LeastFinishCost.OfWhole, LeastFinishCost.OfWhole, LeastFinishCost.OfHandOff),
        new LowestCostPolicy(JsqRequests, (load, _) => (load.QueuedRequests + load.RunningRequests, 0)),
        new LowestCostPolicy(JsqTokens, (load, _) => (load.PendingTokens, 0)),
        new LowestCostPolicy(RoundRobin, (_, _) => (0, 0)),
        new SplitwisePolicy(),
    }.ToFrozenDictionary(policy => policy.Name, StringComparer.Ordinal);

    /// <summary>The valid names, sorted.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <exception cref="ConfigurationException">No policy has this name; lists the valid ones.</exception>
    public static IRoutingPolicy Get(string name) =>
        ByName.TryGetValue(name, out var policy)
            ? policy
            : throw new ConfigurationException($"Unknown routing policy '{name}'. Valid names: {string.Join(", ", Names)}.");
}
