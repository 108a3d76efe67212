using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>
/// After HexGen-2: groups of even capacity, then Kernighan-Lin swaps guided by the max flow from prefill over the KV links to decode;
/// PREFILL and DECODER roles.
/// </summary>
/// <remarks>
/// The start deals the devices, by memory, to the group that has the least; HexGen-2 takes a spectral cut of the bandwidth graph for
/// that, which says nothing where all links are alike. Each round swaps two devices of different groups, one of them on the side that
/// binds the flow, if the flow grows. Roles follow the ratio of prefill to decode rate.
/// </remarks>
public sealed class HexGen2Planner : ContextPlanner
{
    private const int MaxSwapRounds = 30;
    private const int MaxGroups = 24;

    public override string Name => "hexgen2";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var capacities = context.Serving.Capacities;
        var total = capacities.Inner.Sum();
        var most = Math.Min(MaxGroups, total / context.Serving.Fleet.LayerCount);
        IReadOnlyList<GroupPlan> best = [];
        var bestFlow = 0.0;
        for (var count = Math.Max(2, most / 2); count <= most; count++)
        {
            if (Assign(context, Deal(context, count)) is not { } groups)
                continue;
            var flow = Swap(context, groups);
            if (flow > bestFlow)
                (best, bestFlow) = (groups, flow);
        }
        if (bestFlow > 0)
            return best;
        var all = DeviceOrder.BySpeed(context).Where(device => capacities.Inner[device] > 0).Take(context.Serving.Fleet.LayerCount);
        return context.Groups.Best([.. all], ReplicaRole.Mixed) is { } single ? [single] : [];
    }

    private static List<int>[] Deal(PlanningContext context, int count)
    {
        var inner = context.Serving.Capacities.Inner;
        var members = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        var devices = Enumerable.Range(0, inner.Length).Where(device => inner[device] > 0).OrderByDescending(device => inner[device]).ThenBy(device => device);
        foreach (var device in devices)
        {
            var least = members.Where(group => group.Count < context.Serving.Fleet.LayerCount).MinBy(group => group.Sum(member => inner[member]));
            least?.Add(device);
        }
        return members;
    }

    /// <summary>The split of the roles with the highest flow; null where no split works.</summary>
    private static GroupPlan[]? Assign(PlanningContext context, List<int>[] members)
    {
        var both = members
            .Select(group => (Prefill: context.Groups.Best(group, ReplicaRole.Prefill), Decoder: context.Groups.Best(group, ReplicaRole.Decoder)))
            .Where(group => group.Prefill is not null && group.Decoder is not null)
            .OrderByDescending(group => group.Prefill!.RequestsPerSecond / group.Decoder!.RequestsPerSecond)
            .ToArray();
        GroupPlan[]? best = null;
        var bestFlow = 0.0;
        for (var prompts = 1; prompts < both.Length; prompts++)
        {
            GroupPlan[] groups = [.. both.Select((group, index) => index < prompts ? group.Prefill! : group.Decoder!)];
            var flow = context.Evaluator.Evaluate(groups).CapacityPerSecond;
            if (flow > bestFlow)
                (best, bestFlow) = (groups, flow);
        }
        return best;
    }

    private static double Swap(PlanningContext context, GroupPlan[] groups)
    {
        var flow = context.Evaluator.Evaluate(groups);
        for (var round = 0; round < MaxSwapRounds; round++)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (BestSwap(context, groups, ref flow) is not { } swapped)
                break;
            swapped.CopyTo(groups, 0);
        }
        return flow.CapacityPerSecond;
    }

    private static GroupPlan[]? BestSwap(PlanningContext context, GroupPlan[] groups, ref PlanFigures flow)
    {
        var binding = flow.PrefillPerSecond < flow.DecodePerSecond ? ReplicaRole.Prefill : ReplicaRole.Decoder;
        for (var left = 0; left < groups.Length; left++)
        {
            if (groups[left].Role != binding)
                continue;
            for (var right = 0; right < groups.Length; right++)
            {
                if (left == right)
                    continue;
                foreach (var (device, _) in groups[left].Stages)
                {
                    foreach (var (other, _) in groups[right].Stages)
                    {
                        if (context.Serving.DeviceTypes[device] == context.Serving.DeviceTypes[other]
                            || With(context, groups[left], device, other) is not { } newLeft
                            || With(context, groups[right], other, device) is not { } newRight)
                            continue;
                        var changed = (GroupPlan[])groups.Clone();
                        (changed[left], changed[right]) = (newLeft, newRight);
                        var figures = context.Evaluator.Evaluate(changed);
                        if (figures.CapacityPerSecond > flow.CapacityPerSecond * (1 + 1e-9))
                        {
                            flow = figures;
                            return changed;
                        }
                    }
                }
            }
        }
        return null;
    }

    private static GroupPlan? With(PlanningContext context, GroupPlan group, int leaves, int comes) =>
        context.Groups.Best([.. group.Stages.Select(stage => stage.Device == leaves ? comes : stage.Device)], group.Role);
}
