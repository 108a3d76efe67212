using E2LLM.Planning.Exact;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.E2Llm;

/// <summary>
/// The product's planner: the optimum where all plans can be looked at; else the best of many starts (the baselines' plans, the plans
/// of the capacity bound), each improved by local search.
/// </summary>
public sealed class E2LlmPlanner : ContextPlanner
{
    /// <summary>Starts that are worth a search.</summary>
    private const int ImprovedStarts = 4;

    /// <summary>Groups beyond which trying all changes of a plan takes too long.</summary>
    private const int MaxClimbDevices = 80;

    public override string Name => "e2llm";

    protected internal override IReadOnlyList<GroupPlan> Search(PlanningContext context)
    {
        var starts = new List<IReadOnlyList<GroupPlan>>();
        if (context.IsEnumerable)
            starts.Add(context.Optimum(context.Objective).Groups);
        else
            starts.AddRange(context.CapacityBound.Candidates);
        starts.AddRange(Starts.Of(context));
        var ranked = starts
            .Where(groups => groups.Count > 0)
            .Select(groups => (Groups: groups, Figures: context.Evaluator.Evaluate([.. groups])))
            .Where(start => start.Figures.CapacityPerSecond > 0)
            .ToList();
        if (ranked.Count == 0)
            return [];
        ranked.Sort((left, right) => left.Figures.IsBetterThan(right.Figures, context.Objective) ? -1
            : right.Figures.IsBetterThan(left.Figures, context.Objective) ? 1 : 0);
        if (context.IsEnumerable && context.Serving.IsUniform || context.Serving.Fleet.DeviceCount > MaxClimbDevices)
            return ranked[0].Groups;

        // Each start has its own generator, so that the number of threads changes nothing.
        var improved = new List<GroupPlan>[Math.Min(ImprovedStarts, ranked.Count)];
        Parallel.For(0, improved.Length, context.Threads, index =>
            improved[index] = new LocalSearch(context, new Random(context.Request.Seed + index)).Improve(ranked[index].Groups, Limits(context)));
        var best = improved[0];
        foreach (var candidate in improved)
            if (context.Evaluator.Evaluate([.. candidate]).IsBetterThan(context.Evaluator.Evaluate([.. best]), context.Objective))
                best = candidate;
        return best;
    }

    private static SearchLimits Limits(PlanningContext context) => context.Serving.Fleet.DeviceCount switch
    {
        <= CapacityBound.MaxDevices => new SearchLimits(MaxRounds: 150, MaxStalledRounds: 40),
        _ => new SearchLimits(MaxRounds: 3, MaxStalledRounds: 2),
    };
}
