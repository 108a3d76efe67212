using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Protocols.HandOff;
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
    /// <param name="avoid">Keys of replicas to be taken only where no others can serve the request.</param>
    /// <returns>Indices into the plan's replicas, the same one twice where nothing is handed on; null where nobody serves it now.</returns>
    /// <exception cref="RequestRejectedException">The request can never fit.</exception>
    public Route? Choose(IReadOnlyList<ReplicaStatus> status, RouteRequest request, ImmutableArray<string> avoid = default)
    {
        // Where all are alike, the one that is chosen says best what does not fit.
        int[] fitting = [.. Enumerable.Range(0, plan.Replicas.Length).Where(index => _isMixedOnly || Fits(plan.Replicas[index], request))];
        if (!CanServe(fitting))
            throw TooLong(request);
        int[] serving = [.. fitting.Where(index => status[index].IsServing)];
        int[] preferred = avoid.IsDefaultOrEmpty ? serving : [.. serving.Where(index => !avoid.Contains(status[index].Key))];
        if (CanServe(preferred))
            return Choose(preferred, status, request);
        if (AnyWhole(preferred, status, request) is { } whole)
            return whole;
        return CanServe(serving) ? Choose(serving, status, request) : AnyWhole(serving, status, request);
    }

    private Route Choose(int[] candidates, IReadOnlyList<ReplicaStatus> status, RouteRequest request)
    {
        var loads = candidates.Select(index => ToLoad(status[index], plan.Replicas[index])).ToArray();
        if (_isMixedOnly)
        {
            var chosen = candidates[policy.Choose(loads, request)];
            return new Route(chosen, chosen);
        }
        var route = policy.ChooseRoute(loads, request, (prefill, decoder, promptTokens) =>
            KvRules.TransferSeconds(Find(prefill), Find(decoder), promptTokens, model, fleet));
        return new Route(candidates[route.Prefill], candidates[route.Decode]);
    }

    /// <summary>
    /// Where one of the two roles is missing, a replica of the other does both parts: every replica holds the whole model. Slower than
    /// the plan meant it, but an answer.
    /// </summary>
    private Route? AnyWhole(int[] candidates, IReadOnlyList<ReplicaStatus> status, RouteRequest request)
    {
        int[] holding = [.. candidates.Where(index => FitsWhole(plan.Replicas[index], request))];
        if (holding.Length == 0)
            return null;
        var chosen = holding[policy.Choose([.. holding.Select(index => ToLoad(status[index], plan.Replicas[index]))], request)];
        return new Route(chosen, chosen);
    }

    private bool CanServe(int[] candidates) => Has(candidates, ReplicaRole.Mixed)
        || (Has(candidates, ReplicaRole.Prefill) && Has(candidates, ReplicaRole.Decoder));

    private bool Has(int[] candidates, ReplicaRole role) => candidates.Any(index => plan.Replicas[index].Role == role);

    private ReplicaPlan Find(ReplicaLoad load) => plan.Replicas.First(replica => replica.Id == load.ReplicaId);

    /// <summary>As the replica itself will decide: an answer is cut to what the sequence limit leaves, a prompt never.</summary>
    private static bool Fits(ReplicaPlan replica, RouteRequest request) => replica.Role == ReplicaRole.Prefill
        ? request.PromptTokens < Math.Min(replica.Engine.MaxSequenceTokens, replica.Engine.KvCells)
        : FitsWhole(replica, request);

    private static bool FitsWhole(ReplicaPlan replica, RouteRequest request) =>
        request.PromptTokens < replica.Engine.MaxSequenceTokens
        && Math.Min(request.Tokens, replica.Engine.MaxSequenceTokens) <= replica.Engine.KvCells;

    private static ReplicaLoad ToLoad(ReplicaStatus replica, ReplicaPlan plan) => new()
    {
        ReplicaId = plan.Id,
        Role = plan.Role,
        QueuedRequests = replica.QueuedRequests,
        RunningRequests = replica.RunningRequests,
        MaxSequences = plan.Engine.MaxSequences,
        ReservedKvCells = replica.ReservedKvCells,
        KvCells = plan.Engine.KvCells,
        PendingTokens = replica.PendingTokens,
        TokensPerSecond = replica.MeasuredTokensPerSecond > 0 ? replica.MeasuredTokensPerSecond : PlannedRates.TokensPerSecond(plan),
        PrefillTokensPerSecond = PlannedRates.ReadTokensPerSecond(plan),
    };

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
