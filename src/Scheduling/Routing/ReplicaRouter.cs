using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Scheduling.Routing;

/// <summary>Tells a routing policy what it may choose from: the replicas that can ever serve a request, the best ones first, and their links.</summary>
/// <remarks>It remembers what it knows of replicas and their links: one for as long as fleet and policy stay. Not thread-safe.</remarks>
public sealed class ReplicaRouter(ModelSpec model, FleetSpec fleet, IRoutingPolicy policy)
{
    // A request is weighed on every pair of replicas, and each pair has its links between stages.
    private ReplicaPlan[] _plans = [];
    private KvPath?[] _paths = [];

    /// <summary>
    /// Replicas that were heard of lately go before those that have fallen silent, and those to avoid come last: whoever failed a request
    /// will likely fail it again, while silence passes.
    /// </summary>
    /// <param name="candidates">All replicas there are, whether they serve or not.</param>
    /// <param name="request">What is known of the request.</param>
    /// <param name="avoid">Keys of replicas to be taken only where no others can serve the request.</param>
    /// <returns>Indices of candidates, the same one twice where nothing is handed on; null where nobody serves it now.</returns>
    /// <exception cref="RequestRejectedException">The request can never fit.</exception>
    public Route? Choose(IReadOnlyList<RouteCandidate> candidates, RouteRequest request, ImmutableArray<string> avoid = default)
    {
        if (candidates.Count == 0)
            return null;
        // Without other roles nothing is handed on, whatever the policy would like. And where all are alike, the one that is chosen says
        // best what does not fit.
        var isMixedOnly = candidates.All(candidate => candidate.Plan.Role == ReplicaRole.Mixed);
        int[] fitting = [.. Enumerable.Range(0, candidates.Count).Where(index => isMixedOnly || candidates[index].Fits(request))];
        if (!HaveRoute(fitting.Select(index => candidates[index].Plan)))
            throw TooLong(candidates, request);
        foreach (var (takesAvoided, takesUnknown) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            int[] eligible =
            [
                .. fitting.Where(index => candidates[index].IsServing
                    && (takesUnknown || candidates[index].Availability == ReplicaAvailability.Available)
                    && (takesAvoided || avoid.IsDefaultOrEmpty || !avoid.Contains(candidates[index].Key))),
            ];
            if (Choose(eligible, candidates, request, isMixedOnly) is { } route)
                return route;
        }

        return null;
    }

    /// <summary>Whether replicas can serve requests in the way that they were planned for.</summary>
    public static bool HaveRoute(IEnumerable<ReplicaPlan> replicas)
    {
        var (hasPrefill, hasDecoder) = (false, false);
        foreach (var replica in replicas)
        {
            if (replica.Role == ReplicaRole.Mixed)
                return true;
            hasPrefill |= replica.Role == ReplicaRole.Prefill;
            hasDecoder |= replica.Role == ReplicaRole.Decoder;
        }

        return hasPrefill && hasDecoder;
    }

    private Route? Choose(int[] eligible, IReadOnlyList<RouteCandidate> candidates, RouteRequest request, bool isMixedOnly)
    {
        if (!HaveRoute(eligible.Select(index => candidates[index].Plan)))
            return AnyWhole(eligible, candidates, request);
        var loads = eligible.Select(index => candidates[index].ToLoad()).ToArray();
        if (isMixedOnly)
        {
            var chosen = eligible[policy.Choose(loads, request)];
            return new Route(chosen, chosen);
        }

        ForgetPathsOfOthers(candidates);
        var route = policy.ChooseRoute(loads, request, (prefill, decoder, promptTokens) => PathOf(eligible[prefill], eligible[decoder]).Seconds(promptTokens));
        var (reader, writer) = (eligible[route.Prefill], eligible[route.Decode]);
        // A policy may lend replicas to the other role. Prompts hold their slots until their answers have some elsewhere: were they handed over in
        // both directions, each side could wait for the other without end. So who does the other role's work does the whole request.
        if (candidates[reader].Plan.Role == ReplicaRole.Decoder && reader != writer)
            return new Route(reader, reader);
        if (candidates[writer].Plan.Role == ReplicaRole.Prefill && reader != writer)
            return candidates[writer].FitsWhole(request) ? new Route(writer, writer) : AnyWhole(eligible, candidates, request);
        // A policy may pair a PREFILL replica with a MIXED one, whose cache can be of another kind.
        return KvRules.AreAlike(candidates[reader].Plan, candidates[writer].Plan)
            ? new Route(reader, writer) { PrefillWaitSeconds = reader == writer ? 0 : loads[route.Prefill].EstimatedWaitSeconds(request) }
            : new Route(writer, writer);
    }

    private void ForgetPathsOfOthers(IReadOnlyList<RouteCandidate> candidates)
    {
        var isSame = candidates.Count == _plans.Length;
        for (var index = 0; isSame && index < _plans.Length; index++)
            isSame = ReferenceEquals(_plans[index], candidates[index].Plan);
        if (isSame)
            return;
        _plans = [.. candidates.Select(candidate => candidate.Plan)];
        _paths = new KvPath?[_plans.Length * _plans.Length];
    }

    private KvPath PathOf(int prefill, int decoder) =>
        _paths[prefill * _plans.Length + decoder] ??= KvPath.Between(_plans[prefill], _plans[decoder], model, fleet);

    /// <summary>
    /// Where one of the two roles is missing, a replica of the other does both parts: every replica holds the whole model. Slower than
    /// the plan meant it, but an answer.
    /// </summary>
    private Route? AnyWhole(int[] eligible, IReadOnlyList<RouteCandidate> candidates, RouteRequest request)
    {
        int[] holding = [.. eligible.Where(index => candidates[index].FitsWhole(request))];
        if (holding.Length == 0)
            return null;
        var chosen = holding[policy.Choose([.. holding.Select(index => candidates[index].ToLoad())], request)];
        return new Route(chosen, chosen);
    }

    private static RequestRejectedException TooLong(IReadOnlyList<RouteCandidate> candidates, RouteRequest request)
    {
        var limits = candidates.Select(candidate =>
            $"{candidate.Plan.Id} takes prompts below {candidate.Plan.Engine.MaxSequenceTokens} tokens (MaxSequenceTokens) " +
            $"and has {candidate.Plan.Engine.KvCells} KV cells (KvCells)");
        return new RequestRejectedException(
            $"The prompt has {request.PromptTokens} tokens and the answer may have {request.MaxTokens}: no replicas can serve that. " +
            $"{string.Join("; ", limits)}. Shorten the prompt or ask for fewer tokens.");
    }
}
