using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Partition;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.DynamicProgramming;

/// <summary>
/// MIXED replicas alone, chosen for the highest summed rate of decode steps of one sequence. Exact over groups, orders and cuts up to
/// <see cref="SubsetPartitionSolver.MaxDevices"/> devices; beyond that, groups are grown from the fastest device down.
/// </summary>
public sealed class DynamicProgrammingPlanner : ContextPlanner
{
    public override string Name => "e2llm-dp";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        var costs = context.Serving.Fleet;
        var groups = costs.DeviceCount <= SubsetPartitionSolver.MaxDevices
            ? ExactGrouping.Find(costs, context.CancellationToken)
            : GreedyGrouping.Find(costs, context.CancellationToken);
        return [.. groups.Select(stages => context.Groups.Evaluator.Best(stages, ReplicaRole.Mixed)).OfType<GroupPlan>()];
    }

    /// <summary>What the partition solvers need, with one-sequence decode steps as cost and devices in the given order.</summary>
    internal static PartitionProblem Problem(FleetCosts costs, IReadOnlyList<int> devices)
    {
        var contextTokens = costs.Request.Engine.MaxSequenceTokens / 2.0;
        return new PartitionProblem
        {
            LayerWork = costs.LayerWork,
            LayerBytes = costs.Memory.LayerBytes,
            EachStageBytes = costs.Memory.EachStageBytes,
            FirstStageBytes = costs.Memory.FirstStageBytes,
            LastStageBytes = costs.Memory.LastStageBytes,
            Costs = [.. devices.Select(device => costs.Decode(device, 1, contextTokens, costs.Request.Engine.KvType))],
            MemoryBytes = [.. devices.Select(device => costs.MemoryBytes[device])],
            MayHoldEnds = [.. devices.Select(costs.MayHoldEnds)],
            HopSeconds = [.. devices.Select((device, index) => index == 0 ? 0 : costs.HopSeconds(devices[index - 1], device, 1))],
        };
    }
}
