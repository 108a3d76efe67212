using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Exact;

/// <summary>Every order and every cut of a group that fits its devices, best rate first. Not thread-safe.</summary>
/// <param name="planner">Prices them.</param>
/// <param name="most">Layouts beyond which a group has none here.</param>
internal sealed class GroupLayouts(GroupPlanner planner, int most)
{
    private readonly Dictionary<(int Subset, ReplicaRole Role, bool AllSizes), GroupPlan[]?> _known = [];

    /// <summary>Null where there are too many.</summary>
    /// <param name="subset">The devices.</param>
    /// <param name="role">What the group does.</param>
    /// <param name="allSizes">Whether a layout is wanted with every engine choice and micro-batch size, and not only with the one of its highest rate.</param>
    public GroupPlan[]? Of(int subset, ReplicaRole role, bool allSizes)
    {
        if (_known.TryGetValue((subset, role, allSizes), out var plans))
            return plans;
        var found = new List<GroupPlan>();
        StageMemory[] memories = [.. planner.Serving.ChoicesOf(role).Select(choice => choice.Memory)];
        var isWhole = Extend(memories, subset, 0, [], stages =>
        {
            if (!allSizes)
                return planner.Evaluator.Best(stages, role) is { } best ? [best] : [];
            return planner.Serving.ChoicesOf(role)
                .SelectMany(choice => Enumerable.Range(1, choice.MaxConcurrency).Select(size => planner.Serving.OfSize(role, size, choice)))
                .Select(costs => planner.Evaluator.Evaluate(stages, costs, costs.MaxMicroBatches))
                .OfType<GroupPlan>()
                .DistinctBy(plan => (plan.MicroBatchSequences, plan.MicroBatches));
        }, found);
        found.Sort((left, right) => left.RequestSeconds.CompareTo(right.RequestSeconds));
        return _known[(subset, role, allSizes)] = isWhole ? [.. found] : null;
    }

    private bool Extend(
        StageMemory[] memories, int free, int first, List<(int Device, int End)> stages, Func<(int Device, int End)[], IEnumerable<GroupPlan>> price, List<GroupPlan> found)
    {
        var fleet = planner.Serving.Fleet;
        if (free == 0)
        {
            if (first == fleet.LayerCount)
                found.AddRange(price([.. stages]));
            return found.Count <= most;
        }
        for (var set = free; set != 0; set &= set - 1)
        {
            var device = int.TrailingZeroCount(set);
            var rest = free & ~(1 << device);
            // A layer at least for each device that is left; the last takes all of them.
            for (var end = rest == 0 ? fleet.LayerCount : first + 1; end <= fleet.LayerCount - int.PopCount(rest); end++)
            {
                if (!Array.Exists(memories, memory => fleet.MayHold(device, memory, first, end)))
                    break;
                stages.Add((device, end));
                var isWhole = Extend(memories, rest, end, stages, price, found);
                stages.RemoveAt(stages.Count - 1);
                if (!isWhole)
                    return false;
            }
        }
        return true;
    }
}
