using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>Chooses the route of the lowest cost: every MIXED replica against every pair of a PREFILL and a DECODER replica.</summary>
/// <param name="name">The name it is asked for by.</param>
/// <param name="ofReplica">Of a whole request on one replica.</param>
/// <param name="ofRoute">Of a request on a MIXED replica, or on two; the last argument says what its hand-off takes.</param>
internal sealed class BestRoutePolicy(
    string name,
    Func<ReplicaLoad, RouteRequest, (double First, double Second)> ofReplica,
    Func<ReplicaLoad, ReplicaLoad, RouteRequest, HandOffCost, (double First, double Second)> ofRoute) : IRoutingPolicy
{
    public string Name => name;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        return Candidates.Lowest(replicas.Count, request.Number, index => ofReplica(replicas[index], request));
    }

    public Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null)
    {
        var routes = Routes(replicas).ToArray();
        var best = Candidates.Lowest(routes.Length, request.Number, index => Cost(routes[index]));
        return routes[best.OrThrow("read the prompt and write the answer")];

        (double First, double Second)? Cost(Route route)
        {
            var (prefill, decode) = (replicas[route.Prefill], replicas[route.Decode]);
            var cost = route.IsHandOff && transfer is not null
                ? new HandOffCost(transfer(prefill, decode, request.PromptTokens), decode.AwaitedKvTokens == 0 ? 0 : transfer(prefill, decode, decode.AwaitedKvTokens))
                : default;
            return ofRoute(prefill, decode, request, cost);
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
