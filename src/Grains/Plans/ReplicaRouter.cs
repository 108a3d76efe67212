using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Grains.Plans;

/// <summary>Tells a routing policy what it may choose from: the replicas of a plan that can ever serve a request, and their links.</summary>
public sealed class ReplicaRouter(ServingPlan plan, ModelSpec model, FleetSpec fleet, IRoutingPolicy policy)
{
    /// <summary>Without other roles, nothing is handed on, whatever the policy would like.</summary>
    private readonly bool _isMixedOnly = plan.Replicas.All(replica => replica.Role == ReplicaRole.Mixed);

    /// <summary>Whether there is nothing to choose, so that nobody need ask for the load.</summary>
    public bool HasOneRoute => plan.Replicas.Length == 1
        || (plan.Replicas.Length == 2 && !plan.Replicas.Any(replica => replica.Role == ReplicaRole.Mixed));

    /// <param name="status">Of every replica, in the order of the plan.</param>
    /// <param name="request">What is known of the request.</param>
    /// <returns>Indices into the plan's replicas; the same one twice where nothing is handed on.</returns>
    /// <exception cref="RequestRejectedException">The request can never fit.</exception>
    public Route Choose(IReadOnlyList<ReplicaStatus> status, RouteRequest request)
    {
        // Where all are alike, the one that is chosen says best what does not fit.
        int[] candidates = [.. Enumerable.Range(0, plan.Replicas.Length).Where(index => _isMixedOnly || Fits(plan.Replicas[index], request))];
        var loads = candidates.Select(index => ToLoad(status[index], plan.Replicas[index])).ToArray();
        if (_isMixedOnly)
        {
            var chosen = policy.Choose(loads, request);
            return new Route(chosen, chosen);
        }
        if (!loads.Any(load => load.Role == ReplicaRole.Mixed)
            && !(loads.Any(load => load.Role == ReplicaRole.Prefill) && loads.Any(load => load.Role == ReplicaRole.Decoder)))
            throw TooLong(request);
        var route = policy.ChooseRoute(loads, request, (prefill, decoder, promptTokens) =>
            KvRules.TransferSeconds(Find(prefill), Find(decoder), promptTokens, model, fleet));
        return new Route(candidates[route.Prefill], candidates[route.Decode]);
    }

    private ReplicaPlan Find(ReplicaLoad load) => plan.Replicas.First(replica => replica.Id == load.ReplicaId);

    /// <summary>As the replica itself will decide: an answer is cut to what the sequence limit leaves, a prompt never.</summary>
    private static bool Fits(ReplicaPlan replica, RouteRequest request)
    {
        var engine = replica.Engine;
        var tokens = replica.Role == ReplicaRole.Prefill ? request.PromptTokens + 1L : Math.Min(request.Tokens, engine.MaxSequenceTokens);
        return request.PromptTokens < engine.MaxSequenceTokens && tokens <= engine.KvCells;
    }

    private static ReplicaLoad ToLoad(ReplicaStatus replica, ReplicaPlan plan)
    {
        var chunkSeconds = plan.Stages.Max(stage => stage.PrefillSeconds);
        var readTokensPerSecond = chunkSeconds > 0 ? plan.Engine.MaxStepTokens / chunkSeconds : 0;
        return new ReplicaLoad
        {
            ReplicaId = plan.Id,
            Role = plan.Role,
            QueuedRequests = replica.QueuedRequests,
            RunningRequests = replica.RunningRequests,
            MaxSequences = plan.Engine.MaxSequences,
            ReservedKvCells = replica.ReservedKvCells,
            KvCells = plan.Engine.KvCells,
            PendingTokens = replica.PendingTokens,
            TokensPerSecond = plan.Role == ReplicaRole.Prefill && readTokensPerSecond > 0 ? readTokensPerSecond : 1 / plan.PeriodSeconds,
            PrefillTokensPerSecond = readTokensPerSecond,
        };
    }

    private RequestRejectedException TooLong(RouteRequest request)
    {
        var limits = plan.Replicas.Select(replica =>
            $"{replica.Id} takes prompts below {replica.Engine.MaxSequenceTokens} tokens (MaxSequenceTokens) " +
            $"and has {replica.Engine.KvCells} KV cells (KvCells)");
        return new RequestRejectedException(
            $"The prompt has {request.PromptTokens} tokens and the answer may have {request.MaxTokens}: no replicas can serve that. " +
            $"{string.Join("; ", limits)}. Shorten the prompt or ask for fewer tokens.");
    }
}
