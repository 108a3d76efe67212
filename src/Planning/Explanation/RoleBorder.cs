using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Explanation;

/// <summary>Where PREFILL and DECODER replicas pay and where MIXED ones do: the best plan that was found of either kind, side by side, and the loads and prompts at which the better one changes.</summary>
/// <remarks>Both plans are kept as they are and only priced anew, so that it costs next to nothing: plans made for the other load may be better still.</remarks>
internal static class RoleBorder
{
    private const int Loads = 40;

    // Of what the stronger of the two plans sustains.
    private const double LeastLoad = 0.02;
    private const double MostLoad = 1.5;

    private static readonly double[] PromptFactors = [1.5, 2, 3, 4, 6, 8, 12, 16];

    /// <param name="context">The request.</param>
    /// <param name="ranked">Plans that the search has seen, best first.</param>
    public static IEnumerable<string> Describe(PlanningContext context, IReadOnlyList<IReadOnlyList<GroupPlan>> ranked)
    {
        GroupPlan[]? mixed = ranked.FirstOrDefault(HasNoRoles)?.ToArray();
        GroupPlan[]? split = ranked.FirstOrDefault(groups => !HasNoRoles(groups))?.ToArray();
        if (mixed is null || split is null)
        {
            yield return mixed is null ? "no plan without PREFILL and DECODER replicas was found" : "no plan with PREFILL and DECODER replicas was found";
            yield break;
        }
        yield return $"predicted without roles ({Count(mixed)}): {Figures(context, mixed)}; with roles ({Count(split)}): {Figures(context, split)}";
        var rate = context.Serving.Workload.RequestsPerSecond;
        var splitWins = Wins(context.Evaluator, split, mixed, rate) > 0;
        var (better, worse) = splitWins ? ("PREFILL and DECODER replicas end", "MIXED replicas") : ("MIXED replicas end", "PREFILL and DECODER replicas");
        var load = OtherLoad(context, mixed, split, rate, splitWins) is { } border
            ? FormattableString.Invariant($"{worse} from {border:G3} requests/s {(border > rate ? "up" : "down")}")
            : $"at no load {worse}";
        var prompt = OtherPrompt(context, mixed, split, splitWins) is { } tokens
            ? FormattableString.Invariant($"{worse} with prompts of {tokens:0} tokens")
            : "with no other length of prompts that fits";
        yield return FormattableString.Invariant($"{better} requests sooner at {rate:G3} requests/s; {load}; at this rate {prompt}");
    }

    /// <summary>The load nearest to the workload's at which the other plan ends requests sooner; null where there is none.</summary>
    private static double? OtherLoad(PlanningContext context, GroupPlan[] mixed, GroupPlan[] split, double rate, bool splitWins)
    {
        var most = Math.Max(context.Evaluator.Evaluate(mixed).SustainedPerSecond, context.Evaluator.Evaluate(split).SustainedPerSecond);
        var factor = Math.Pow(MostLoad / LeastLoad, 1.0 / Loads);
        return Enumerable.Range(0, Loads + 1)
            .Select(step => LeastLoad * most * Math.Pow(factor, step))
            .Where(load => Wins(context.Evaluator, split, mixed, load) == (splitWins ? -1 : 1))
            .OrderBy(load => Math.Abs(Math.Log(load / rate)))
            .Select(load => (double?)load)
            .FirstOrDefault();
    }

    private static double? OtherPrompt(PlanningContext context, GroupPlan[] mixed, GroupPlan[] split, bool splitWins)
    {
        var request = context.Request;
        var workload = context.Serving.Workload;
        var most = Math.Min(request.Engine.KvCells, request.Engine.MaxSequenceTokens) - workload.MeanOutputTokens;
        foreach (var factor in PromptFactors.SelectMany(factor => new[] { factor, 1 / factor }))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var tokens = factor * workload.MeanInputTokens;
            if (tokens > most || tokens < 1)
                continue;
            var evaluator = new PlanEvaluator(new ServingCosts(request with { Workload = workload with { MeanInputTokens = tokens } }));
            var pricer = new GroupEvaluator(evaluator.Serving);
            if (Priced(pricer, mixed) is { } asMixed && Priced(pricer, split) is { } asSplit
                && Wins(evaluator, asSplit, asMixed, workload.RequestsPerSecond) == (splitWins ? -1 : 1))
                return tokens;
        }
        return null;
    }

    private static GroupPlan[]? Priced(GroupEvaluator pricer, GroupPlan[] groups)
    {
        var priced = groups.Select(group => pricer.Best(group.Stages, group.Role)).OfType<GroupPlan>().ToArray();
        return priced.Length == groups.Length ? priced : null;
    }

    /// <summary>1 where the first ends requests sooner by more than anybody could tell, -1 where the second does, 0 where neither.</summary>
    private static int Wins(PlanEvaluator evaluator, GroupPlan[] first, GroupPlan[] second, double rate)
    {
        var (one, other) = (evaluator.Evaluate(first, rate).EndToEndSeconds, evaluator.Evaluate(second, rate).EndToEndSeconds);
        return one * (1 + PlanFigures.LatencyTolerance) < other ? 1 : other * (1 + PlanFigures.LatencyTolerance) < one ? -1 : 0;
    }

    private static string Figures(PlanningContext context, GroupPlan[] groups)
    {
        var prediction = context.Evaluator.Predict(groups);
        return FormattableString.Invariant(
            $"last token after {prediction.MeanWaitSeconds + prediction.ServiceSeconds:G3} s, P90 of the time between tokens {1e3 * prediction.P90TpotSeconds:G3} ms, ")
            + FormattableString.Invariant($"targets hold up to {prediction.GoodputRequestsPerSecond:G3} requests/s");
    }

    private static string Count(GroupPlan[] groups) => string.Join(" + ", groups
        .GroupBy(group => group.Role)
        .OrderBy(role => role.Key)
        .Select(role => $"{role.Count()} {role.Key.ToString().ToUpperInvariant()}"));

    private static bool HasNoRoles(IReadOnlyList<GroupPlan> groups) => groups.All(group => group.Role == ReplicaRole.Mixed);
}
