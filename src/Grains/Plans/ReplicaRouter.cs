using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Grains.Plans;

/// <summary>Chooses the replicas of a request: a MIXED one, or one that reads its prompt and one that writes its answer.</summary>
/// <param name="replicas">The plan's.</param>
/// <param name="policy">Chooses among replicas of one role.</param>
internal sealed class ReplicaRouter(IReadOnlyList<ReplicaPlan> replicas, IRoutingPolicy policy)
{
    /// <summary>Whether there is nothing to choose, so that nobody need ask for the load.</summary>
    public bool HasOneRoute => replicas.Count == 1
        || (replicas.Count == 2 && replicas.All(replica => replica.Role != ReplicaRole.Mixed));

    /// <param name="loads">Of every replica, in the order of the plan.</param>
    /// <param name="request">What is known of the request.</param>
    /// <returns>Indices; no decoder where a MIXED replica does it all.</returns>
    /// <exception cref="RequestRejectedException">The request can never fit.</exception>
    public (int Prefill, int? Decoder) Choose(IReadOnlyList<ReplicaLoad> loads, RouteRequest request)
    {
        var reading = request with { MaxTokens = 1 };
        var mixed = Best(ReplicaRole.Mixed, loads, request, _ => true);
        var prefill = Best(ReplicaRole.Prefill, loads, reading, engine => Fits(engine, reading));
        var decoder = Best(ReplicaRole.Decoder, loads, request, engine => Fits(engine, request));
        if (prefill is { } reads && decoder is { } writes)
        {
            var wait = Math.Max(loads[reads].EstimatedWaitSeconds(reading), loads[writes].EstimatedWaitSeconds(request));
            if (mixed is not { } whole || wait <= loads[whole].EstimatedWaitSeconds(request))
                return (reads, writes);
        }
        return mixed is { } only ? (only, null) : throw TooLong(request);
    }

    private int? Best(ReplicaRole role, IReadOnlyList<ReplicaLoad> loads, RouteRequest request, Func<EngineSettings, bool> fits)
    {
        int[] candidates = [.. Enumerable.Range(0, replicas.Count).Where(index => replicas[index].Role == role && fits(replicas[index].Engine))];
        return candidates.Length == 0 ? null : candidates[policy.Choose([.. candidates.Select(index => loads[index])], request)];
    }

    /// <summary>As the replica itself will decide: an answer is cut to what the sequence limit leaves, never a prompt.</summary>
    private static bool Fits(EngineSettings engine, RouteRequest request) =>
        request.PromptTokens < engine.MaxSequenceTokens
        && Math.Min(request.Tokens, Math.Max(engine.MaxSequenceTokens, request.PromptTokens + 1L)) <= engine.KvCells;

    private RequestRejectedException TooLong(RouteRequest request)
    {
        var limits = replicas.Select(replica =>
            $"{replica.Id} takes prompts below {replica.Engine.MaxSequenceTokens} tokens (MaxSequenceTokens) and has {replica.Engine.KvCells} KV cells (KvCells)");
        return new RequestRejectedException(
            $"The prompt has {request.PromptTokens} tokens and the answer may have {request.MaxTokens}: that fits no pair of PREFILL and DECODER replicas. " +
            $"{string.Join("; ", limits)}. Shorten the prompt or ask for fewer tokens.");
    }
}
