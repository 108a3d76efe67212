namespace E2LLM.Scheduling.Routing;

/// <summary>When the answer starts, the hand-off included; among equals, when the pending work is done.</summary>
internal static class LeastWaitCost
{
    public static (double First, double Second) OfReplica(ReplicaLoad replica, RouteRequest request) =>
        (replica.EstimatedWaitSeconds(request), DoneSeconds(replica, request.Tokens));

    public static (double First, double Second) OfRoute(ReplicaLoad prefill, ReplicaLoad decode, RouteRequest request, HandOffCost handOff) =>
        (StartSeconds(prefill, decode, request, handOff), DoneSeconds(prefill, decode, request));

    /// <summary>Until the first token of the answer, or until the second one's turn comes where another replica writes it.</summary>
    public static double StartSeconds(ReplicaLoad prefill, ReplicaLoad decode, RouteRequest request, HandOffCost handOff)
    {
        var readSeconds = request.PromptTokens / prefill.ReadTokensPerSecond;
        if (ReferenceEquals(prefill, decode))
            return prefill.EstimatedWaitSeconds(request) + readSeconds;

        // The cache travels while later layers and chunks are still computed, and the decoder's slot may come free meanwhile. It shares the
        // decoder's interface with those that come before it.
        var arrivedSeconds = prefill.EstimatedWaitSeconds(request) + Math.Max(readSeconds, handOff.SentSeconds);
        return Math.Max(Math.Max(arrivedSeconds, handOff.AheadSeconds + handOff.SentSeconds), decode.EstimatedWaitSeconds(request));
    }

    public static double DoneSeconds(ReplicaLoad prefill, ReplicaLoad decode, RouteRequest request) => ReferenceEquals(prefill, decode)
        ? DoneSeconds(prefill, request.Tokens)
        : Math.Max(DoneSeconds(prefill, request.PromptTokens), DoneSeconds(decode, request.MaxTokens));

    private static double DoneSeconds(ReplicaLoad load, long tokens) => (load.PendingTokens + tokens) / load.TokensPerSecond;
}
