using E2LLM.Core.Plans;
using E2LLM.Planning.Baselines;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>Gives PREFILL groups without a DECODER something to do, and DECODER groups without a PREFILL.</summary>
/// <remarks>The evaluator takes such groups for no plan at all; a planner that looks at rates alone still makes them.</remarks>
internal static class Reachability
{
    /// <summary>
    /// The groups as they are, where both roles or neither are there; else each that lacks its counterpart becomes MIXED. The devices
    /// of those that cannot are put together anew as MIXED groups, and left out where that fails, too.
    /// </summary>
    public static IReadOnlyList<GroupPlan> Repair(PlanningContext context, IReadOnlyList<GroupPlan> groups)
    {
        if (groups.Any(group => group.Role == ReplicaRole.Prefill) == groups.Any(group => group.Role == ReplicaRole.Decoder))
            return groups;
        var reachable = new List<GroupPlan>();
        var left = new HashSet<int>();
        foreach (var group in groups)
        {
            int[] devices = [.. group.Stages.Select(stage => stage.Device)];
            if (group.Role == ReplicaRole.Mixed)
                reachable.Add(group);
            else if (context.Groups.Best(devices, ReplicaRole.Mixed) is { } mixed)
                reachable.Add(mixed);
            else
                left.UnionWith(devices);
        }
        if (left.Count > 0)
            reachable.AddRange(GreedyGroups.Grow(context, ReplicaRole.Mixed, DeviceOrder.BySpeed(context).Where(left.Contains)));
        return reachable;
    }
}
