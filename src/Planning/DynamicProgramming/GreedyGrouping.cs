using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.DynamicProgramming;

/// <summary>A heuristic for larger fleets: the fastest devices that are left form a group of the size that gives the highest rate per device.</summary>
internal static class GreedyGrouping
{
    public static List<(int Device, int End)[]> Find(FleetCosts costs, CancellationToken cancellationToken)
    {
        var contextTokens = costs.Request.Engine.MaxSequenceTokens / 2.0;
        var left = Enumerable.Range(0, costs.DeviceCount)
            .OrderBy(device => costs.Decode(device, 1, contextTokens, costs.Request.Engine.KvType).SecondsPerWork)
            .ThenBy(device => device)
            .ToList();
        var solver = new PartitionSolver();
        var groups = new List<(int Device, int End)[]>();
        var skip = 0;
        while (skip < left.Count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var group = Best(costs, solver, left.Skip(skip).ToList());
            if (group.Length == 0)
            {
                // Perhaps the fastest is too small to take part; the others may still hold the model.
                skip++;
                continue;
            }
            groups.Add(group);
            left.RemoveAll(device => Array.Exists(group, stage => stage.Device == device));
            skip = 0;
        }
        return groups;
    }

    private static (int Device, int End)[] Best(FleetCosts costs, PartitionSolver solver, List<int> ranked)
    {
        (int Device, int End)[] best = [];
        var bestRate = 0.0;
        for (var size = 1; size <= Math.Min(ranked.Count, costs.LayerCount); size++)
        {
            var order = ranked.Take(size).ToArray();
            var ends = new int[size];
            var rate = 1 / solver.Solve(DynamicProgrammingPlanner.Problem(costs, order), ends) / size;
            if (rate <= bestRate)
                continue;
            bestRate = rate;
            best = [.. order.Select((device, index) => (device, ends[index]))];
        }
        return best;
    }
}
