using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>
/// Splitwise, as its simulator does it. Prompt machine: fewest pending tokens in the prompt pool, else in the mixed pool, each refused
/// above 8,192. Token machine: least allocated memory in the token pool, else in the mixed pool, each with room for the request. Where
/// none is left, the least loaded machine of the opposite pool is lent to the mixed pool, until it has no more work of another role
/// (<see cref="ReplicaLoad.IsLent"/>).
/// </summary>
internal sealed class SplitwisePolicy : IRoutingPolicy
{
    private const long MaxPendingTokens = 8_192;

    public string Name => RoutingPolicies.SplitwiseMixedPool;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        return LeastPending(replicas, request, _ => true);
    }

    public Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null)
    {
        var prefill = FirstOf(
            LeastPending(replicas, request, load => Pool(load) == ReplicaRole.Prefill && load.PendingTokens <= MaxPendingTokens),
            LeastPending(replicas, request, load => Pool(load) == ReplicaRole.Mixed && load.PendingTokens <= MaxPendingTokens),
            LeastPending(replicas, request, load => Pool(load) == ReplicaRole.Decoder),
            LeastPending(replicas, request, _ => true)).OrThrow("read the prompt");
        var decode = FirstOf(
            LeastAllocated(replicas, request, load => Pool(load) == ReplicaRole.Decoder && HasRoom(load, request)),
            LeastAllocated(replicas, request, load => Pool(load) == ReplicaRole.Mixed && HasRoom(load, request)),
            LeastAllocated(replicas, request, load => Pool(load) == ReplicaRole.Prefill),
            LeastAllocated(replicas, request, _ => true));
        return new Route(prefill, decode);
    }

    private static ReplicaRole Pool(ReplicaLoad load) => load.IsLent ? ReplicaRole.Mixed : load.Role;

    private static bool HasRoom(ReplicaLoad load, RouteRequest request) => request.Tokens <= load.KvCells - AllocatedCells(load);

    /// <summary>Of all that was sent there, as a machine of Splitwise counts it: those that wait have allocated theirs, too.</summary>
    private static long AllocatedCells(ReplicaLoad load) => load.ReservedKvCells + (load.QueuedRequests > 0 ? load.PendingTokens : 0);

    private static int LeastPending(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, Func<ReplicaLoad, bool> isCandidate) =>
        Lowest(replicas, request, isCandidate, load => load.PendingTokens);

    private static int LeastAllocated(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, Func<ReplicaLoad, bool> isCandidate) =>
        Lowest(replicas, request, isCandidate, load => AllocatedCells(load));

    private static int Lowest(
        IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, Func<ReplicaLoad, bool> isCandidate, Func<ReplicaLoad, double> cost) =>
        Candidates.Lowest(
            replicas.Count, request.Number, index => isCandidate(replicas[index]) ? (cost(replicas[index]), 0) : null);

    private static int FirstOf(params ReadOnlySpan<int> choices)
    {
        foreach (var choice in choices)
            if (choice >= 0)
                return choice;
        return -1;
    }
}
