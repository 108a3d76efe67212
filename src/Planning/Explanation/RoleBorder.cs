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

    private static readonly double[] PromptFactors = [2, 0.5, 4, 0.25, 8, 16];

    private static readonly (string What, Func<PlanFigures, double> Figure)[] Compared =
    [
        ("the time to the last token", figures => figures.EndToEndSeconds),
        ("the P90 of the time between tokens", figures => figures.P90TpotSeconds),
    ];

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
        foreach (var (what, figure) in Compared)
        {
            var winner = Winner(context.Evaluator, mixed, split, rate, figure);
            // Where nobody can tell them apart, either kind is the other one.
            bool IsOther(int other) => other != 0 && other != winner;
            var loads = OtherLoad(context, mixed, split, rate, figure, IsOther) is { } load
                ? FormattableString.Invariant($"{Name(load.Winner)} from {load.Rate:G3} requests/s {(load.Rate > rate ? "up" : "down")}")
                : $"{Others(winner)} at no load";
            var prompts = OtherPrompt(context, mixed, split, figure, IsOther) is { } prompt
                ? FormattableString.Invariant($"{Name(prompt.Winner)} with prompts of {prompt.Tokens:0} tokens")
                : $"{Others(winner)} with no length of prompts that fits";
            yield return FormattableString.Invariant($"{what} is shorter with {Name(winner)} at {rate:G3} requests/s; with {loads}; at this rate with {prompts}");
        }
    }

    private static string Name(int winner) => winner switch { > 0 => "PREFILL and DECODER replicas", < 0 => "MIXED replicas", _ => "neither kind of replicas" };

    private static string Others(int winner) => winner == 0 ? "either" : Name(-winner);

    /// <summary>The load nearest to the workload's at which another kind wins; null where there is none.</summary>
    private static (double Rate, int Winner)? OtherLoad(
        PlanningContext context, GroupPlan[] mixed, GroupPlan[] split, double rate, Func<PlanFigures, double> figure, Predicate<int> isOther)
    {
        var most = Math.Max(context.Evaluator.Evaluate(mixed).SustainedPerSecond, context.Evaluator.Evaluate(split).SustainedPerSecond);
        var factor = Math.Pow(MostLoad / LeastLoad, 1.0 / Loads);
        return Enumerable.Range(0, Loads + 1)
            .Select(step => LeastLoad * most * Math.Pow(factor, step))
            .OrderBy(load => Math.Abs(Math.Log(load / rate)))
            .Select(load => (load, Winner: Winner(context.Evaluator, mixed, split, load, figure)))
            .Where(load => isOther(load.Winner))
            .Select(load => ((double, int)?)load)
            .FirstOrDefault();
    }

    private static (double Tokens, int Winner)? OtherPrompt(
        PlanningContext context, GroupPlan[] mixed, GroupPlan[] split, Func<PlanFigures, double> figure, Predicate<int> isOther)
    {
        var request = context.Request;
        var workload = context.Serving.Workload;
        var most = Math.Min(request.Engine.KvCells, request.Engine.MaxSequenceTokens) - workload.MeanOutputTokens;
        foreach (var factor in PromptFactors)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var tokens = factor * workload.MeanInputTokens;
            if (tokens > most || tokens < 1)
                continue;
            var evaluator = new PlanEvaluator(new ServingCosts(request with { Workload = workload with { MeanInputTokens = tokens } }));
            var pricer = new GroupEvaluator(evaluator.Serving);
            if (Priced(pricer, mixed) is { } asMixed && Priced(pricer, split) is { } asSplit
                && Winner(evaluator, asMixed, asSplit, workload.RequestsPerSecond, figure) is var winner && isOther(winner))
                return (tokens, winner);
        }
        return null;
    }

    private static GroupPlan[]? Priced(GroupEvaluator pricer, GroupPlan[] groups)
    {
        var priced = groups.Select(group => pricer.Best(group.Stages, group.Role)).OfType<GroupPlan>().ToArray();
        return priced.Length == groups.Length ? priced : null;
    }

    /// <summary>1 where PREFILL and DECODER are better by more than anybody could tell, -1 where MIXED is, 0 where neither.</summary>
    private static int Winner(PlanEvaluator evaluator, GroupPlan[] mixed, GroupPlan[] split, double rate, Func<PlanFigures, double> figure)
    {
        var (without, with) = (figure(evaluator.Evaluate(mixed, rate)), figure(evaluator.Evaluate(split, rate)));
        return with * (1 + PlanFigures.LatencyTolerance) < without ? 1 : without * (1 + PlanFigures.LatencyTolerance) < with ? -1 : 0;
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
