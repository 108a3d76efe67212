using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Search;

/// <summary>One step of the local search.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="From">Index of a group; -1: the unused devices.</param>
/// <param name="To">Index of another group; -1: the unused devices.</param>
/// <param name="Device">The device that moves; -1 where whole groups change.</param>
/// <param name="Replacement">The device that comes in its place; -1 where none does.</param>
/// <param name="Role">The new group's role, where one is made or changed.</param>
internal readonly record struct Change(ChangeKind Kind, int From, int To, int Device, int Replacement, ReplicaRole Role)
{
    /// <summary>The changed plan; null where a changed group cannot hold the model.</summary>
    public List<GroupPlan>? Apply(PlanningContext context, List<GroupPlan> groups)
    {
        var changed = groups.ToList();
        var done = Kind switch
        {
            ChangeKind.Role => Replace(context, changed, From, Members(groups, From), Role),
            ChangeKind.Move => MoveDevice(context, groups, changed),
            ChangeKind.Swap => Replace(context, changed, From, [.. Without(groups, From), Replacement], groups[From].Role)
                && (To < 0 || Replace(context, changed, To, [.. Members(groups, To).Where(Isnt(Replacement)), Device], groups[To].Role)),
            ChangeKind.Merge => Replace(context, changed, From, [.. Members(groups, From), .. Members(groups, To)], Role),
            _ => SplitDevice(context, groups, changed),
        };
        if (!done)
            return null;
        if (Kind == ChangeKind.Merge)
            changed.RemoveAt(To);
        return changed;
    }

    private bool MoveDevice(PlanningContext context, List<GroupPlan> groups, List<GroupPlan> changed)
    {
        if (From >= 0 && !Replace(context, changed, From, [.. Without(groups, From)], groups[From].Role))
        {
            // The group falls without the device: its others become unused.
            if (To >= 0)
                return false;
            changed.RemoveAt(From);
            return true;
        }
        return To < 0 || Replace(context, changed, To, [.. Members(groups, To), Device], groups[To].Role);
    }

    private bool SplitDevice(PlanningContext context, List<GroupPlan> groups, List<GroupPlan> changed)
    {
        if (From >= 0 && !Replace(context, changed, From, [.. Without(groups, From)], groups[From].Role))
            return false;
        var used = groups.SelectMany(group => group.Stages).Select(stage => stage.Device).ToHashSet();
        List<int> members = [Device];
        var best = context.Groups.Best(members, Role);
        // All unused devices together may hold what none of them does alone; then the ones that only slow it are left out again.
        int[] others = [.. Enumerable.Range(0, context.Serving.DeviceTypes.Length).Where(device => !used.Contains(device) && device != members[0])];
        if (best is null && others.Length > 0)
        {
            members.AddRange(others.OrderByDescending(device => context.Serving.Fleet.MemoryBytes[device]).Take(context.Serving.Fleet.LayerCount - 1));
            best = context.Groups.Best(members, Role);
            for (var index = members.Count - 1; best is not null && index > 0; index--)
            {
                List<int> fewer = [.. members.Where((_, at) => at != index)];
                if (context.Groups.Best(fewer, Role) is { } better && better.RequestSeconds <= best.RequestSeconds)
                    (members, best) = (fewer, better);
            }
        }
        if (best is null)
            return false;
        changed.Add(best);
        return true;
    }

    private static bool Replace(PlanningContext context, List<GroupPlan> changed, int index, int[] members, ReplicaRole role)
    {
        if (members.Length == 0 || context.Groups.Best(members, role) is not { } plan)
            return false;
        changed[index] = plan;
        return true;
    }

    private IEnumerable<int> Without(List<GroupPlan> groups, int index) => Members(groups, index).Where(Isnt(Device));

    private static Func<int, bool> Isnt(int device) => other => other != device;

    private static int[] Members(List<GroupPlan> groups, int index) => [.. groups[index].Stages.Select(stage => stage.Device)];
}
