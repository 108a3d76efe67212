using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Groups;

/// <summary>The best order, cuts and micro-batches of a set of devices in a role; remembered by the multiset of their types. Thread-safe.</summary>
/// <remarks>
/// With equal layers and links: the closed form. Otherwise all orders of a small fleet at once, and of a larger one the partition DP on
/// the closed form's order, improved by swapping pairs of devices until none helps: a heuristic, because the free order is NP-hard
/// (Benoit and Robert 2008).
/// </remarks>
public sealed class GroupPlanner(ServingCosts serving)
{
    /// <summary>Devices up to which all orders of all groups are searched where layers or links differ.</summary>
    private const int MaxOrderedDevices = 10;

    private readonly EqualLayerSolver _closedForm = new(serving);
    private readonly GroupEvaluator _evaluator = new(serving);
    private readonly ConcurrentDictionary<RoleCosts, Lazy<SubsetPartitionSolver>> _orders = new();
    private readonly ConcurrentDictionary<(string Types, ReplicaRole Role), GroupPlan?> _memo = new();

    public ServingCosts Serving => serving;

    private bool IsOrdered => !serving.IsUniform && serving.Fleet.DeviceCount <= MaxOrderedDevices;

    public GroupEvaluator Evaluator => _evaluator;

    public EqualLayerSolver ClosedForm => _closedForm;

    /// <summary>Null where the devices cannot hold the model, or not at the minimum speed.</summary>
    /// <param name="devices">Indices in the fleet in any order, without repetition.</param>
    /// <param name="role">What the group is to do.</param>
    public GroupPlan? Best(IReadOnlyList<int> devices, ReplicaRole role)
    {
        var sorted = devices.ToArray();
        Array.Sort(sorted, (left, right) =>
            serving.DeviceTypes[left] != serving.DeviceTypes[right] ? serving.DeviceTypes[left] - serving.DeviceTypes[right] : left - right);
        var key = (string.Create(sorted.Length, sorted, (text, all) =>
        {
            for (var index = 0; index < all.Length; index++)
                text[index] = (char)serving.DeviceTypes[all[index]];
        }), role);
        if (!_memo.TryGetValue(key, out var plan))
        {
            // Kept as positions in the sorted list, for any devices of these types.
            var found = Find(sorted, role);
            plan = _memo.GetOrAdd(key, found?.OnDevices(device => Array.IndexOf(sorted, device)));
        }
        return plan?.OnDevices(position => sorted[position]);
    }

    /// <summary>The best cuts and micro-batches of devices in a given order; null where nothing fits.</summary>
    public GroupPlan? InOrder(int[] order, ReplicaRole role)
    {
        var solver = new PartitionSolver();
        var ends = new int[order.Length];
        GroupPlan? best = null;
        foreach (var costs in serving.Of(role))
            if (Cut(solver, order, ends, costs) is { } plan && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        return best;
    }

    /// <summary>A time that no order and no cut of the devices is below, for any number of micro-batches; infinite where none fits.</summary>
    /// <param name="devices">Indices in the fleet, without repetition.</param>
    /// <param name="costs">Role and micro-batch size.</param>
    /// <param name="cutoff">A time that the caller can do without: infinity may be returned for any above it.</param>
    public double LeastSeconds(ReadOnlySpan<int> devices, RoleCosts costs, double cutoff = double.PositiveInfinity)
    {
        var least = _closedForm.RequestSeconds(devices, costs, out _, cutoff);
        if (!IsOrdered || double.IsPositiveInfinity(least))
            return least;
        return Math.Max(least, Orders(costs).BottleneckSeconds(Subset(devices)));
    }

    private static int Subset(ReadOnlySpan<int> devices)
    {
        var subset = 0;
        foreach (var device in devices)
            subset |= 1 << device;
        return subset;
    }

    private SubsetPartitionSolver Orders(RoleCosts costs) => _orders.GetOrAdd(costs, _ => new Lazy<SubsetPartitionSolver>(() =>
    {
        int[] all = [.. Enumerable.Range(0, serving.Fleet.DeviceCount)];
        var hops = new double[all.Length, all.Length];
        foreach (var from in all)
            foreach (var to in all)
                hops[from, to] = from == to ? 0 : costs.HopSecondsOf(from, to);
        return new SubsetPartitionSolver(Problem(all, costs), hops);
    })).Value;

    private GroupPlan? Find(int[] devices, ReplicaRole role)
    {
        GroupPlan? best = null;
        foreach (var costs in serving.Of(role).OrderBy(costs => _closedForm.FractionalSeconds(devices, costs)))
        {
            if (best is not null && _closedForm.FractionalSeconds(devices, costs) >= best.RequestSeconds)
                break;
            var bound = _closedForm.RequestSeconds(devices, costs, out var microBatches, best?.RequestSeconds ?? double.PositiveInfinity);
            if (double.IsPositiveInfinity(bound) || best is not null && bound >= best.RequestSeconds)
                continue;
            var plan = Build(devices, costs, bound, microBatches);
            if (plan is not null && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        }
        return best;
    }

    private GroupPlan? Build(int[] devices, RoleCosts costs, double seconds, int microBatches)
    {
        var layers = new (int Device, int Layers)[devices.Length];
        if (!_closedForm.TryBuild(devices, costs, seconds, layers))
            for (var index = 0; index < devices.Length; index++)
                layers[index] = (devices[index], 0);
        if (serving.IsUniform && layers[0].Layers > 0)
        {
            var end = 0;
            return _evaluator.Evaluate([.. layers.Select(stage => (stage.Device, end += stage.Layers))], costs, microBatches);
        }
        var swapped = OrderSearch([.. layers.Select(stage => stage.Device)], costs);
        if (!IsOrdered || Orders(costs).Partition(Subset(devices)) is not { Length: > 0 } stages)
            return swapped;
        // The least bottleneck over all orders; where the sum of slot times binds, another order may still be better.
        var ordered = _evaluator.Evaluate(stages, costs, costs.MaxMicroBatches);
        return ordered is null || swapped?.RequestSeconds < ordered.RequestSeconds ? swapped : ordered;
    }

    private GroupPlan? OrderSearch(int[] order, RoleCosts costs)
    {
        var solver = new PartitionSolver();
        var ends = new int[order.Length];
        var best = Cut(solver, order, ends, costs);
        for (var improved = true; improved;)
        {
            improved = false;
            for (var left = 0; left < order.Length; left++)
            {
                for (var right = left + 1; right < order.Length; right++)
                {
                    (order[left], order[right]) = (order[right], order[left]);
                    var candidate = Cut(solver, order, ends, costs);
                    if (candidate is not null && (best is null || candidate.RequestSeconds < best.RequestSeconds * (1 - 1e-9)))
                        (best, improved) = (candidate, true);
                    else
                        (order[left], order[right]) = (order[right], order[left]);
                }
            }
        }
        return best;
    }

    private GroupPlan? Cut(PartitionSolver solver, int[] order, int[] ends, RoleCosts costs) =>
        double.IsPositiveInfinity(solver.Solve(Problem(order, costs), ends))
            ? null
            : _evaluator.Evaluate([.. order.Select((device, index) => (device, ends[index]))], costs, costs.MaxMicroBatches);

    private PartitionProblem Problem(int[] order, RoleCosts costs)
    {
        var memory = serving.Fleet.Memory;
        return new PartitionProblem
        {
            LayerWork = serving.Fleet.LayerWork,
            LayerBytes = memory.LayerBytes,
            EachStageBytes = memory.EachStageBytes,
            FirstStageBytes = memory.FirstStageBytes,
            LastStageBytes = memory.LastStageBytes,
            Costs = [.. order.Select(device => costs.Busy[device])],
            MemoryBytes = [.. order.Select(device => serving.Fleet.MemoryBytes[device])],
            HopSeconds = [.. order.Select((device, index) => index == 0 ? 0 : costs.HopSecondsOf(order[index - 1], device))],
            SendSeconds = costs.KvSecondsPrefix,
        };
    }
}
