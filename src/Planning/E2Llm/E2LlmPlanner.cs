using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Explanation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.E2Llm;

/// <summary>
/// The product's planner: the optimum where all plans can be looked at; else the best of many starts (the baselines' plans, the plans
/// of the capacity bound), each improved by local search.
/// </summary>
/// <param name="judge">Settles between the best few plans; null: the cost model's word is taken.</param>
public sealed class E2LlmPlanner(IPlanJudge? judge = null) : ContextPlanner
{
    /// <summary>Starts that are worth a search.</summary>
    private const int MaxCandidates = 4;

    /// <summary>Plans that are worth a judge's time: what the search found, and the baselines' own, so that it never ends below one.</summary>
    private const int MaxJudged = 14;

    /// <summary>As <see cref="MaxJudged"/>, of plans with the request's own engine settings where not all can be looked at: then they are the baselines'.</summary>
    private const int MaxJudgedWithoutChoices = 6;

    /// <summary>Devices beyond which trying all changes of a plan takes too long.</summary>
    private const int MaxClimbDevices = 80;

    public override string Name => "e2llm";

    public override ServingPlan Plan(PlanningContext context)
    {
        var candidates = Candidates(context);
        if (candidates.Count == 0)
            return context.Request.MixedOnly
                ? throw new PlanningException($"No plan of MIXED replicas alone was found for '{context.Request.Model.Id}' on '{context.Request.Fleet.Name}': its KV caches cannot be handed over, and no replica holds it whole.")
                : base.Plan(context);
        var isLarge = context.Serving.Fleet.DeviceCount > MaxClimbDevices;
        // Of waits and capacities there are proofs, which a judge's word would only blur.
        if (judge is not null && !isLarge && context.Objective is (PlanObjective.Latency or PlanObjective.Goodput))
        {
            List<IReadOnlyList<GroupPlan>> judged = Rank(context, candidates.Take(MaxJudged).Concat(WithoutChoices(context)));
            candidates = [judged[Judge(context, judge, judged)], .. candidates];
        }
        var plan = PlanAssembler.Assemble(context, Name, candidates[0]);
        return isLarge ? plan : plan with { Reasons = [.. plan.Reasons, .. OfTheHorizon(context, plan.Prediction!.SustainedRequestsPerSecond, candidates), .. RoleBorder.Describe(context, candidates)] };
    }

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context) => Candidates(context).FirstOrDefault() ?? [];

    /// <summary>Over a short horizon a plan may be the best whose queues would grow for ever.</summary>
    private static IEnumerable<string> OfTheHorizon(PlanningContext context, double sustained, IReadOnlyList<IReadOnlyList<GroupPlan>> candidates)
    {
        var workload = context.Serving.Workload;
        if (context.Objective != PlanObjective.Latency || sustained >= workload.RequestsPerSecond)
            return [];
        var others = candidates.Max(groups => context.Evaluator.Evaluate([.. groups]).SustainedPerSecond);
        return others < workload.RequestsPerSecond ? [] :
        [
            FormattableString.Invariant($"made for {workload.HorizonRequests} requests: it sustains {sustained:G3} of the {workload.RequestsPerSecond:G3} requests/s that arrive. ")
                + FormattableString.Invariant($"Others sustain up to {others:G3}: for a load that lasts, plan for a longer horizon"),
        ];
    }

    private int Judge(PlanningContext context, IPlanJudge settles, IReadOnlyList<IReadOnlyList<GroupPlan>> candidates)
    {
        if (candidates.Count == 1)
            return 0;
        context.Progress?.Report($"simulating {candidates.Count} plans");
        ServingPlan[] drafts = [.. candidates.Select(groups => PlanAssembler.Draft(context, Name, groups))];
        return settles.Choose(context.Request with { Objective = context.Objective }, drafts, context.CancellationToken);
    }

    /// <summary>
    /// The best plans with the request's own engine settings alone. Groups are made for their highest rate: with many sequences that is far from where a
    /// lightly loaded fleet stands, and groups that are made for fewer may end requests sooner there.
    /// </summary>
    private static IEnumerable<IReadOnlyList<GroupPlan>> WithoutChoices(PlanningContext context)
    {
        if (context.Serving.Choices.Length == 1)
            return [];
        var own = context.Alone();
        return own.IsEnumerable ? Candidates(own).Take(MaxJudged) : Rank(own, Starts.Of(own)).Take(MaxJudgedWithoutChoices);
    }

    /// <summary>All plans that the search has seen, different in their figures, best first; those that a judge is to see have to come early.</summary>
    private static List<IReadOnlyList<GroupPlan>> Candidates(PlanningContext context)
    {
        var starts = new List<IReadOnlyList<GroupPlan>>();
        if (context.IsEnumerable)
            starts.Add(context.Optimum(context.Objective).Groups);
        else
            starts.AddRange(context.CapacityBound.Candidates.Select(groups => Reachability.Repair(context, groups)));
        starts.AddRange(Starts.Of(context));
        starts = [.. starts.Select(groups => new LinkExchange(context).Improve(groups))];
        var ranked = Rank(context, starts);
        if (context.IsEnumerable || context.Serving.Fleet.DeviceCount > MaxClimbDevices)
            return ranked;

        // Each start has its own generator, so that the number of threads changes nothing.
        var improved = new IReadOnlyList<GroupPlan>[Math.Min(MaxCandidates, ranked.Count)];
        Parallel.For(0, improved.Length, context.Threads, index =>
        {
            context.Progress?.Report($"improving start {index + 1} of {improved.Length}");
            improved[index] = new LocalSearch(context, new Random(context.Request.Seed + index)).Improve(ranked[index], Limits(context));
        });
        // Searches often meet in one plan; a judge is to see others, too.
        return Rank(context, [.. improved, .. starts]);
    }

    private static List<IReadOnlyList<GroupPlan>> Rank(PlanningContext context, IEnumerable<IReadOnlyList<GroupPlan>> plans)
    {
        var priced = plans
            .Select(groups => (Groups: groups, Figures: groups.Count == 0 ? PlanFigures.Infeasible : context.Evaluator.Evaluate([.. groups])))
            .Where(plan => plan.Figures.CapacityPerSecond > 0 && !(context.Request.MixedOnly && plan.Groups.Any(group => group.Role != ReplicaRole.Mixed)))
            .DistinctBy(plan => plan.Figures)
            .ToList();
        priced.Sort((left, right) => left.Figures.IsBetterThan(right.Figures, context.Objective) ? -1
            : right.Figures.IsBetterThan(left.Figures, context.Objective) ? 1 : 0);
        return [.. priced.Select(plan => plan.Groups)];
    }

    private static SearchLimits Limits(PlanningContext context) => context.Serving.Fleet.DeviceCount switch
    {
        <= CapacityBound.MaxDevices => new SearchLimits(MaxRounds: 150, MaxStalledRounds: 40),
        // Times to the last token are never equal: there is always a change that helps a little.
        _ when context.Objective is PlanObjective.Latency or PlanObjective.Goodput => new SearchLimits(MaxRounds: 0, MaxStalledRounds: 0),
        _ => new SearchLimits(MaxRounds: 3, MaxStalledRounds: 2),
    };
}
