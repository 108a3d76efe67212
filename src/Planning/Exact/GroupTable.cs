using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Exact;

/// <summary>The best group of every subset of a small fleet in every role. Subsets are bit sets over the fleet's devices.</summary>
internal sealed class GroupTable
{
    private readonly GroupPlan?[][] _plans;
    private readonly double[][] _rates;
    private readonly bool[][] _isBest;

    public GroupTable(GroupPlanner planner, ParallelOptions threads)
    {
        var count = planner.Serving.Fleet.DeviceCount;
        var subsets = 1 << count;
        _plans = [new GroupPlan?[subsets], new GroupPlan?[subsets], new GroupPlan?[subsets]];
        _rates = [new double[subsets], new double[subsets], new double[subsets]];
        _isBest = [new bool[subsets], new bool[subsets], new bool[subsets]];
        // Each entry depends on its subset alone, so the order in which threads fill them changes nothing.
        Parallel.For(1, subsets, threads, subset =>
        {
            var devices = Devices(subset);
            foreach (var role in Enum.GetValues<ReplicaRole>())
            {
                var plan = planner.Best(devices, role, out var isBest);
                _plans[(int)role][subset] = plan;
                _rates[(int)role][subset] = isBest ? plan?.RequestsPerSecond ?? 0 : 1 / planner.LeastSeconds(devices, role);
                _isBest[(int)role][subset] = isBest;
            }
        });
    }

    public GroupPlan? this[ReplicaRole role, int subset] => _plans[(int)role][subset];

    /// <summary>A rate that the subset's group does not exceed in any order with any cuts; the plan's own where that is certainly the best.</summary>
    public double MostRequestsPerSecond(ReplicaRole role, int subset) => _rates[(int)role][subset];

    /// <summary>Whether the subset's group is certainly the best of its devices.</summary>
    public bool IsBest(ReplicaRole role, int subset) => _isBest[(int)role][subset];

    public static int[] Devices(int subset)
    {
        var devices = new int[int.PopCount(subset)];
        for (var next = 0; subset != 0; subset &= subset - 1)
            devices[next++] = int.TrailingZeroCount(subset);
        return devices;
    }
}
