namespace E2LLM.Scheduling.Routing;

/// <summary>When the answer ends, and what it costs the others until then; among equals, when the pending work is done.</summary>
/// <remarks>
/// By its own time alone a request chooses as if it had no company. Long answers gain so much from a fast replica that they queue there, and keep
/// short ones waiting; and slow replicas, whose answers stand still for long while a prompt is read, get many short answers, whose work is mostly
/// prompts. Simulated over 38 cells (two fleets, one of them also slowed down, two workloads, light load to overload) with 1,000 requests, counting
/// the others makes the time to the last token 6 % shorter with MIXED replicas and 5 % with PREFILL and DECODER ones, 40 % at most, and waits by a
/// quarter and a sixth; with 100 requests 1 % and nothing. Between weights of 3 and 6 for queues, and of 2 and 4 for reading, means differ by
/// 1 %. A decoder's queue hidden behind the prompts' gains in overload and loses more below it.
/// </remarks>
internal static class LeastFinishCost
{
    /// <summary>How many come behind for each one that waits already: whoever is served late delays them all.</summary>
    private const double QueueWeight = 4;

    /// <summary>How often the time that answers stand still while a prompt is read counts: batches are full for longer than those that write now.</summary>
    private const double ReadWeight = 2;

    public static (double First, double Second) OfReplica(ReplicaLoad replica, RouteRequest request) => OfRoute(replica, replica, request, default);

    public static (double First, double Second) OfRoute(ReplicaLoad prefill, ReplicaLoad decode, RouteRequest request, HandOffCost handOff)
    {
        // Whoever has to wait for a slot starts as soon as one is free, so beside as many as there can be.
        var others = decode.QueuedRequests > 0 ? decode.MaxSequences - 1 : Math.Min(decode.RunningRequests, decode.MaxSequences - 1);
        var writeSeconds = (request.MaxTokens - 1) * decode.TokenSecondsBeside(others);
        var readSeconds = request.PromptTokens / prefill.ReadTokensPerSecond;
        var othersSeconds = ReferenceEquals(prefill, decode)
            ? ReadWeight * others * readSeconds + QueueSeconds(decode, request, request.Tokens / decode.TokensPerSecond)
            : QueueSeconds(prefill, request, readSeconds) + QueueSeconds(decode, request, request.MaxTokens / decode.TokensPerSecond);
        return (
            LeastWaitCost.StartSeconds(prefill, decode, request, handOff) + writeSeconds + othersSeconds,
            LeastWaitCost.DoneSeconds(prefill, decode, request));
    }

    /// <summary>What those wait who will stand in the same queue.</summary>
    /// <param name="replica">Whose queue it is.</param>
    /// <param name="request">Who joins it.</param>
    /// <param name="workSeconds">How long the replica works for the request.</param>
    private static double QueueSeconds(ReplicaLoad replica, RouteRequest request, double workSeconds)
    {
        var waiting = replica.QueuedRequests + (replica.EstimatedWaitSeconds(request) > 0 ? 1 : 0);
        return waiting == 0 ? 0 : QueueWeight * waiting * workSeconds;
    }
}
