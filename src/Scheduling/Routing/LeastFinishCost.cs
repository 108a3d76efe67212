namespace E2LLM.Scheduling.Routing;

/// <summary>When the answer ends, waits for a slot counted twice; among equals, when the pending work is done.</summary>
/// <remarks>
/// Twice, because whoever joins a queue keeps those waiting who come after it, and because waits are estimated from means while the
/// requests that still run are the longer ones. Simulated over unlike replicas near their capacity, counting waits once makes requests
/// take up to 7 % longer, which is more than this policy gains there.
/// </remarks>
internal static class LeastFinishCost
{
    public static (double First, double Second) OfReplica(ReplicaLoad replica, RouteRequest request) => OfRoute(replica, replica, request, default);

    public static (double First, double Second) OfRoute(ReplicaLoad prefill, ReplicaLoad decode, RouteRequest request, HandOffCost handOff)
    {
        // Whoever has to wait for a slot starts as soon as one is free, so beside as many as there can be.
        var others = decode.QueuedRequests > 0 ? decode.MaxSequences - 1 : Math.Min(decode.RunningRequests, decode.MaxSequences - 1);
        var writeSeconds = (request.MaxTokens - 1) * decode.TokenSecondsBeside(others);
        return (
            LeastWaitCost.StartSeconds(prefill, decode, request, handOff) + decode.EstimatedWaitSeconds(request) + writeSeconds,
            LeastWaitCost.DoneSeconds(prefill, decode, request));
    }
}
