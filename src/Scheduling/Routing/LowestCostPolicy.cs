using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>
/// Chooses the replica with the lowest cost: first the one that reads the prompt, PREFILL or MIXED, and after a PREFILL replica the one
/// that writes the answer, a DECODER, or a MIXED one where there is none.
/// </summary>
internal sealed class LowestCostPolicy(string name, Func<ReplicaLoad, RouteRequest, (double First, double Second)> cost) : IRoutingPolicy
{
    public string Name => name;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        return Lowest(replicas, request, _ => true);
    }

    public Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null)
    {
        var hasDecoder = replicas.Any(replica => replica.Role == ReplicaRole.Decoder);
        var canHandOff = hasDecoder || replicas.Any(replica => replica.Role == ReplicaRole.Mixed);
        var prefill = Lowest(replicas, request, role => role == ReplicaRole.Mixed || (role == ReplicaRole.Prefill && canHandOff))
            .OrThrow("read the prompt");
        if (replicas[prefill].Role == ReplicaRole.Mixed)
            return new Route(prefill, prefill);
        return new Route(prefill, Lowest(replicas, request, role => role == (hasDecoder ? ReplicaRole.Decoder : ReplicaRole.Mixed)));
    }

    private int Lowest(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, Func<ReplicaRole, bool> isCandidate)
    {
        // Turns count the candidates alone: the one after a gap would get the turns of the gap.
        var candidates = Enumerable.Range(0, replicas.Count).Where(index => isCandidate(replicas[index].Role)).ToArray();
        var best = Candidates.Lowest(candidates.Length, request.Number, index => cost(replicas[candidates[index]], request));
        return best < 0 ? -1 : candidates[best];
    }
}
