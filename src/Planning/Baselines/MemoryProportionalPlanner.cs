using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>One MIXED replica over all devices, layers in proportion to memory whatever the speed (after exo's ring).</summary>
public sealed class MemoryProportionalPlanner : ContextPlanner
{
    public override string Name => "memory-proportional";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var fleet = context.Serving.Fleet;
        var order = Enumerable.Range(0, fleet.DeviceCount)
            .Where(device => context.Serving.Capacities.Inner[device] > 0)
            .OrderByDescending(device => fleet.MemoryBytes[device])
            .ThenBy(device => device)
            .Take(fleet.LayerCount)
            .ToList();
        // Without its smallest device a ring may fit that did not: shares are rounded to whole layers.
        for (; order.Count > 0; order.RemoveAt(order.Count - 1))
            if (context.Groups.Evaluator.Best(Shares(context, order), ReplicaRole.Mixed) is { } group)
                return [group];
        return [];
    }

    private static (int Device, int End)[] Shares(PlanningContext context, List<int> order)
    {
        var fleet = context.Serving.Fleet;
        var total = order.Sum(device => (double)fleet.MemoryBytes[device]);
        var (sum, begin) = (0.0, 0);
        var stages = new List<(int Device, int End)>();
        foreach (var device in order)
        {
            sum += fleet.MemoryBytes[device];
            var end = (int)Math.Round(fleet.LayerCount * sum / total);
            if (end == begin)
                continue;
            stages.Add((device, end));
            begin = end;
        }
        return [.. stages];
    }
}
