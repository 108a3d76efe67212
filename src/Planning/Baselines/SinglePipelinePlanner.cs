using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Baselines;

/// <summary>One MIXED replica of the best devices (after EdgeShard): all subsets of a small fleet, prefixes by speed of a larger one.</summary>
public sealed class SinglePipelinePlanner : ContextPlanner
{
    private const int MaxSubsetDevices = 10;

    public override string Name => "single-pipeline";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        GroupPlan[] best = [];
        var bestFigures = PlanFigures.Infeasible;
        foreach (var devices in Subsets(context))
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (context.Groups.Best(devices, ReplicaRole.Mixed) is not { } group)
                continue;
            var figures = context.Evaluator.Evaluate([group]);
            if (figures.IsBetterThan(bestFigures, context.Objective))
                (best, bestFigures) = ([group], figures);
        }
        return best;
    }

    private static IEnumerable<int[]> Subsets(PlanningContext context)
    {
        var count = context.Serving.Fleet.DeviceCount;
        if (count <= MaxSubsetDevices)
            return Enumerable.Range(1, (1 << count) - 1).Select(Exact.GroupTable.Devices);
        // The fastest k, and the fastest of those with the most memory, for pipelines that must be short.
        var layers = context.Serving.Fleet.LayerCount;
        var bySpeed = DeviceOrder.BySpeed(context);
        var byMemory = bySpeed.OrderByDescending(device => context.Serving.Capacities.Inner[device]).ToArray();
        return new[] { bySpeed, byMemory }.SelectMany(order =>
        {
            int[] ranked = [.. DeviceOrder.EndsFirst(context, order)];
            return Enumerable.Range(1, Math.Min(count, layers)).Select(length => ranked[..length]);
        });
    }
}
