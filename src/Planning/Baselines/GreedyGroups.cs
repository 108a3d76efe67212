using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>Groups grown from the fastest device that is left, each of the size that gives the highest rate per device.</summary>
internal static class GreedyGroups
{
    // Past the size that first fits, a few more devices may still raise the rate per device; many more never do.
    private const int SizesAfterFirstFit = 4;

    public static List<GroupPlan> Grow(PlanningContext context, ReplicaRole role) => Grow(context, role, DeviceOrder.BySpeed(context));

    /// <param name="context">The request.</param>
    /// <param name="role">The role of all groups.</param>
    /// <param name="devices">What they are made of, fastest first.</param>
    public static List<GroupPlan> Grow(PlanningContext context, ReplicaRole role, IEnumerable<int> devices)
    {
        var left = devices.Where(device => context.Serving.Capacities.Inner[device] > 0).ToList();
        var groups = new List<GroupPlan>();
        while (left.Count > 0)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            var group = Best(context, DeviceOrder.EndsFirst(context, left), role);
            if (group is null)
                return groups;
            groups.Add(group);
            left.RemoveAll(device => Array.Exists(group.Stages, stage => stage.Device == device));
        }
        return groups;
    }

    private static GroupPlan? Best(PlanningContext context, List<int> ranked, ReplicaRole role)
    {
        GroupPlan? best = null;
        var sizes = 0;
        for (var size = 1; size <= Math.Min(ranked.Count, context.Serving.Fleet.LayerCount) && sizes < SizesAfterFirstFit; size++)
        {
            if (context.Groups.Best(ranked[..size], role) is not { } group)
                continue;
            sizes++;
            if (best is null || group.RequestsPerSecond / size > best.RequestsPerSecond / best.Stages.Length)
                best = group;
        }
        return best;
    }
}
