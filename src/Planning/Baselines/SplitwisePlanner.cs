using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>
/// Splitwise adapted to the edge: machines that can hold the model are one device or a greedy group, split into a prompt pool and a token pool.
/// </summary>
/// <remarks>
/// The machines with the highest prefill rate for their decode rate prompt; the split is the first whose prompt pool is at least as
/// fast as its token pool, as Splitwise provisions its pools. Its mixed pool is a run-time matter and not planned. One machine alone is MIXED.
/// </remarks>
public sealed class SplitwisePlanner : ContextPlanner
{
    public override string Name => "splitwise";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var machines = GreedyGroups.Grow(context, ReplicaRole.Decoder);
        if (machines.Count < 2)
            return machines.Count == 0 ? [] : Mixed(context, machines[0]);
        var ranked = machines
            .Select(machine => (
                Prefill: context.Groups.Best(Devices(machine), ReplicaRole.Prefill),
                Decoder: machine))
            .OrderByDescending(machine => (machine.Prefill?.RequestsPerSecond ?? 0) / machine.Decoder.RequestsPerSecond)
            .ToArray();
        for (var prompts = 1; prompts < ranked.Length; prompts++)
        {
            if (ranked[prompts - 1].Prefill is null)
                break;
            var prefill = ranked[..prompts].Sum(machine => machine.Prefill!.RequestsPerSecond);
            var decode = ranked[prompts..].Sum(machine => machine.Decoder.RequestsPerSecond);
            if (prefill >= decode || prompts == ranked.Length - 1)
                return [.. ranked[..prompts].Select(machine => machine.Prefill!), .. ranked[prompts..].Select(machine => machine.Decoder)];
        }
        return Mixed(context, machines[0]);
    }

    private static GroupPlan[] Mixed(PlanningContext context, GroupPlan machine) =>
        context.Groups.Best(Devices(machine), ReplicaRole.Mixed) is { } mixed ? [mixed] : [];

    private static int[] Devices(GroupPlan group) => [.. group.Stages.Select(stage => stage.Device)];
}
