using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>Chooses the route of the lowest cost: every MIXED replica against every pair of a PREFILL and a DECODER replica.</summary>
/// <param name="name">The name it is asked for by.</param>
/// <param name="ofReplica">Of a whole request where all replicas run whole ones.</param>
/// <param name="ofWhole">Of a whole request beside such as are handed over.</param>
/// <param name="ofHandOff">Of a request on two replicas; the last argument says what its hand-off takes.</param>
internal sealed class BestRoutePolicy(
    string name,
    Func<PartEstimate, (double First, double Second)> ofReplica,
    Func<PartEstimate, (double First, double Second)> ofWhole,
    Func<PartEstimate, PartEstimate, HandOffCost, (double First, double Second)> ofHandOff) : IRoutingPolicy
{
    public string Name => name;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        return Candidates.Lowest(replicas.Count, request.Number, index => ofReplica(PartEstimate.OfWhole(replicas[index], request)));
    }

    public Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null)
    {
        PartEstimate[] parts = [.. replicas.Select(replica => PartEstimate.OfRole(replica, request))];
        Route[] routes = [.. Routes(replicas)];
        var best = Candidates.Lowest(routes.Length, request.Number, index => Cost(routes[index].Prefill, routes[index].Decode));
        return routes[best.OrThrow("read the prompt and write the answer")];

        (double First, double Second)? Cost(int prefill, int decode)
        {
            if (prefill == decode)
                return ofWhole(parts[prefill]);
            var awaitedTokens = replicas[decode].AwaitedKvTokens;
            var handOff = transfer is null
                ? default
                : new HandOffCost(transfer(prefill, decode, request.PromptTokens), awaitedTokens == 0 ? 0 : transfer(prefill, decode, awaitedTokens));
            return ofHandOff(parts[prefill], parts[decode], handOff);
        }
    }

    private static IEnumerable<Route> Routes(IReadOnlyList<ReplicaLoad> replicas)
    {
        for (var prefill = 0; prefill < replicas.Count; prefill++)
            if (replicas[prefill].Role == ReplicaRole.Mixed)
                yield return new Route(prefill, prefill);
            else if (replicas[prefill].Role == ReplicaRole.Prefill)
                for (var decode = 0; decode < replicas.Count; decode++)
                    if (replicas[decode].Role == ReplicaRole.Decoder)
                        yield return new Route(prefill, decode);
    }
}
