using E2LLM.Core.Plans;

namespace E2LLM.Scheduling.Routing;

/// <summary>
/// Chooses what starts the answer soonest: every MIXED replica against every pair of a PREFILL and a DECODER replica, the hand-off
/// included. Among equals, the one whose pending work is done first.
/// </summary>
internal sealed class LeastWaitPolicy : IRoutingPolicy
{
    public string Name => RoutingPolicies.LeastWait;

    public int Choose(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request)
    {
        ArgumentOutOfRangeException.ThrowIfZero(replicas.Count, nameof(replicas));
        return Candidates.Lowest(
            replicas.Count,
            request.Number,
            index => (replicas[index].EstimatedWaitSeconds(request), DoneSeconds(replicas[index], request.Tokens)));
    }

    public Route ChooseRoute(IReadOnlyList<ReplicaLoad> replicas, RouteRequest request, KvTransferSeconds? transfer = null)
    {
        var routes = Routes(replicas).ToArray();
        var best = Candidates.Lowest(routes.Length, request.Number, index => Cost(replicas, routes[index], request, transfer));
        return routes[best.OrThrow("read the prompt and write the answer")];
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

    private static (double First, double Second)? Cost(
        IReadOnlyList<ReplicaLoad> replicas, Route route, RouteRequest request, KvTransferSeconds? transfer)
    {
        var (prefill, decode) = (replicas[route.Prefill], replicas[route.Decode]);
        var readSeconds = request.PromptTokens / prefill.ReadTokensPerSecond;
        if (!route.IsHandOff)
            return (prefill.EstimatedWaitSeconds(request) + readSeconds, DoneSeconds(prefill, request.Tokens));

        // The cache travels while later layers and chunks are still computed, and the decoder's slot may come free meanwhile.
        var sentSeconds = transfer?.Invoke(prefill, decode, request.PromptTokens) ?? 0;
        var arrivedSeconds = prefill.EstimatedWaitSeconds(request) + Math.Max(readSeconds, sentSeconds);
        return (
            Math.Max(arrivedSeconds, decode.EstimatedWaitSeconds(request)),
            Math.Max(DoneSeconds(prefill, request.PromptTokens), DoneSeconds(decode, request.MaxTokens)));
    }

    private static double DoneSeconds(ReplicaLoad load, long tokens) => (load.PendingTokens + tokens) / load.TokensPerSecond;
}
