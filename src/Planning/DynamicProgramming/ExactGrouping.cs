using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.DynamicProgramming;

/// <summary>The grouping of the highest summed rate, over all ways to split a small fleet and to leave devices out.</summary>
/// <remarks>rate[subset] from the subset DP, then best[set] = max over groups that hold the set's lowest device, or that device left out: O(3^n).</remarks>
internal static class ExactGrouping
{
    public static List<(int Device, int End)[]> Find(FleetCosts costs, CancellationToken cancellationToken)
    {
        var devices = Enumerable.Range(0, costs.DeviceCount).ToArray();
        var hops = new double[devices.Length, devices.Length];
        foreach (var from in devices)
            foreach (var to in devices)
                hops[from, to] = costs.HopSeconds(from, to, 1);
        var solver = new SubsetPartitionSolver(DynamicProgrammingPlanner.Problem(costs, devices), hops);
        cancellationToken.ThrowIfCancellationRequested();

        var sets = 1 << devices.Length;
        var rate = new double[sets];
        for (var set = 1; set < sets; set++)
            rate[set] = 1 / solver.BottleneckSeconds(set);
        var best = new double[sets];
        var group = new int[sets];
        for (var set = 1; set < sets; set++)
        {
            var lowest = set & -set;
            var rest = set ^ lowest;
            best[set] = best[rest];
            // All groups of the lowest device and any of the others. A tie keeps the fewer devices.
            for (var others = rest; ; others = (others - 1) & rest)
            {
                var candidate = rate[lowest | others] + best[rest ^ others];
                if (candidate > best[set])
                    (best[set], group[set]) = (candidate, lowest | others);
                if (others == 0)
                    break;
            }
        }

        var groups = new List<(int Device, int End)[]>();
        for (var set = sets - 1; set != 0; set ^= group[set] != 0 ? group[set] : set & -set)
            if (group[set] != 0)
                groups.Add(solver.Partition(group[set]));
        return groups;
    }
}
