using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Tests.Groups;

namespace E2LLM.Planning.Tests.Exact;

/// <summary>Every labelled partition of a small fleet, with every choice of devices to leave out, each group at its best rate.</summary>
internal static class BruteForcePlans
{
    public static IEnumerable<GroupPlan[]> All(GroupPlanner planner) => All(planner, [.. Enumerable.Range(0, planner.Serving.Fleet.DeviceCount)]);

    public static PlanFigures Best(GroupPlanner planner, PlanEvaluator evaluator, PlanObjective objective)
    {
        var best = PlanFigures.Infeasible;
        foreach (var groups in All(planner))
            if (groups.Length > 0 && evaluator.Evaluate(groups) is var figures && figures.CapacityPerSecond > 0 && figures.IsBetterThan(best, objective))
                best = figures;
        return best;
    }

    /// <summary>The highest capacity of all plans, with every order and cut of every group and not only the best by rate.</summary>
    public static double MostCapacityOfAnyCut(GroupPlanner planner, PlanEvaluator evaluator)
    {
        var most = 0.0;
        foreach (var groups in AnyCut(planner, [.. Enumerable.Range(0, planner.Serving.Fleet.DeviceCount)], []))
            most = Math.Max(most, evaluator.Evaluate(groups).CapacityPerSecond);
        return most;
    }

    private static IEnumerable<GroupPlan[]> AnyCut(GroupPlanner planner, int[] free, Dictionary<(string, ReplicaRole), List<GroupPlan>> memo)
    {
        if (free.Length == 0)
        {
            yield return [];
            yield break;
        }
        foreach (var rest in AnyCut(planner, free[1..], memo))
            yield return rest;
        for (var others = 0; others < 1 << (free.Length - 1); others++)
        {
            int[] group = [free[0], .. free.Skip(1).Where((_, index) => (others >> index & 1) != 0)];
            var left = free.Except(group).ToArray();
            foreach (var role in Enum.GetValues<ReplicaRole>())
            {
                var key = (string.Join(',', group), role);
                if (!memo.TryGetValue(key, out var plans))
                    memo[key] = plans = [.. BruteForceGroups.Partitions(group, planner.Serving.Fleet.LayerCount).Select(stages => planner.Evaluator.Best(stages, role)).OfType<GroupPlan>()];
                foreach (var plan in plans)
                    foreach (var rest in AnyCut(planner, left, memo))
                        yield return [plan, .. rest];
            }
        }
    }

    private static IEnumerable<GroupPlan[]> All(GroupPlanner planner, int[] free)
    {
        if (free.Length == 0)
        {
            yield return [];
            yield break;
        }
        foreach (var rest in All(planner, free[1..]))
            yield return rest;
        for (var others = 0; others < 1 << (free.Length - 1); others++)
        {
            int[] group = [free[0], .. free.Skip(1).Where((_, index) => (others >> index & 1) != 0)];
            var left = free.Except(group).ToArray();
            foreach (var role in Enum.GetValues<ReplicaRole>())
                if (planner.Best(group, role) is { } plan)
                    foreach (var rest in All(planner, left))
                        yield return [plan, .. rest];
        }
    }
}
