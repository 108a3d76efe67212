namespace E2LLM.Scheduling.Routing;

/// <summary>Chooses the replica with the lowest cost. Equal ones take turns, or else stale figures would send a burst to the first.</summary>
internal sealed class LowestCostPolicy(string name, Func<ReplicaLoad, RouteRequest, (double First, double Second)> cost) : IRoutingPolicy
{
    public string Name => name;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        var start = (int)(request.Number % replicas.Count);
        var best = start;
        for (var offset = 1; offset < replicas.Count; offset++)
        {
            var candidate = (start + offset) % replicas.Count;
            if (cost(replicas[candidate], request).CompareTo(cost(replicas[best], request)) < 0)
                best = candidate;
        }

        return best;
    }
}
