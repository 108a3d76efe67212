using E2LLM.Core.Plans;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>MIXED replicas alone: the highest summed rate, exact for small fleets, grown from the fastest device down for larger ones.</summary>
public sealed class ColocatedPlanner : ContextPlanner
{
    private const int MaxExactDevices = 10;

    public override string Name => "colocated";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context) => context.Serving.Fleet.DeviceCount <= MaxExactDevices
        ? Exact(context)
        : GreedyGroups.Grow(context, ReplicaRole.Mixed);

    private static List<GroupPlan> Exact(PlanningContext context)
    {
        var sets = 1 << context.Serving.Fleet.DeviceCount;
        var plans = new GroupPlan?[sets];
        var best = new double[sets];
        var chosen = new int[sets];
        for (var set = 1; set < sets; set++)
        {
            plans[set] = context.Groups.Best(GroupTable.Devices(set), ReplicaRole.Mixed);
            var lowest = set & -set;
            var rest = set ^ lowest;
            best[set] = best[rest];
            for (var others = rest; ; others = (others - 1) & rest)
            {
                if (plans[lowest | others] is { } group && group.RequestsPerSecond + best[rest ^ others] is var rate && rate > best[set])
                    (best[set], chosen[set]) = (rate, lowest | others);
                if (others == 0)
                    break;
            }
        }
        var groups = new List<GroupPlan>();
        for (var set = sets - 1; set != 0; set ^= chosen[set] == 0 ? set & -set : chosen[set])
            if (chosen[set] != 0)
                groups.Add(plans[chosen[set]]!);
        return groups;
    }
}
