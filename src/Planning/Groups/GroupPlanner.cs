using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Groups;

/// <summary>The best order, cuts and micro-batches of a set of devices in a role; remembered by the multiset of their types. Thread-safe.</summary>
/// <remarks>
/// With equal layers, and no named link between two of the devices: the closed form. Otherwise its order, changed until no exchange of two
/// devices helps; where that does not reach the bound, all orders of a small fleet at once, and of a larger one the partition DP on every
/// order that exchanges lead to: a heuristic, because the free order is NP-hard (Benoit and Robert 2008). Of the micro-batch sizes those
/// whose bound is not better are left out.
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
        Visit(serving.Tree(role), order, () => best?.RequestSeconds ?? double.PositiveInfinity, costs =>
        {
            if (Cut(solver, order, ends, costs) is { } plan && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        });
        return best;
    }

    /// <summary>A time that no order, no cut and no micro-batches of the devices are below; infinite where none fits.</summary>
    public double LeastSeconds(ReadOnlySpan<int> devices, ReplicaRole role)
    {
        var least = double.PositiveInfinity;
        LeastSeconds(serving.Tree(role), devices, 0, ref least);
        return least;
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

    private void LeastSeconds(SizeTree node, ReadOnlySpan<int> devices, double bound, ref double least)
    {
        if (bound >= least)
            return;
        if (node.Halves.Length == 0)
        {
            least = Math.Min(least, LeastSeconds(devices, node.Costs, least));
            return;
        }
        // The likely better half first; the other then mostly falls at the first look.
        var (left, right) = (_closedForm.FractionalSeconds(devices, node.Halves[0].Costs), _closedForm.FractionalSeconds(devices, node.Halves[1].Costs));
        var first = right <= left ? 1 : 0;
        LeastSeconds(node.Halves[first], devices, Math.Min(left, right), ref least);
        LeastSeconds(node.Halves[1 - first], devices, Math.Max(left, right), ref least);
    }

    private GroupPlan? Find(int[] devices, ReplicaRole role)
    {
        GroupPlan? best = null;
        Visit(serving.Tree(role), devices, () => best?.RequestSeconds ?? double.PositiveInfinity, costs =>
        {
            var bound = _closedForm.RequestSeconds(devices, costs, out var microBatches, best?.RequestSeconds ?? double.PositiveInfinity);
            if (double.IsPositiveInfinity(bound) || best is not null && bound >= best.RequestSeconds)
                return;
            var plan = Build(devices, costs, bound, microBatches);
            if (plan is not null && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        });
        return best;
    }

    /// <summary>Tries the sizes that may still give less than what is known, the likely best first.</summary>
    private void Visit(SizeTree node, int[] devices, Func<double> known, Action<RoleCosts> attempt)
    {
        if (node.Halves.Length == 0)
        {
            attempt(node.Costs);
            return;
        }
        foreach (var (half, bound) in node.Halves.Select(half => (half, bound: _closedForm.FractionalSeconds(devices, half.Costs))).OrderBy(entry => entry.bound))
            if (bound < known())
                Visit(half, devices, known, attempt);
    }

    private GroupPlan? Build(int[] devices, RoleCosts costs, double seconds, int microBatches)
    {
        var layers = new (int Device, int Layers)[devices.Length];
        GroupPlan? exchanged = null;
        if (!_closedForm.TryBuild(devices, costs, seconds, layers))
            for (var index = 0; index < devices.Length; index++)
                layers[index] = (devices[index], 0);
        else if (serving.Capacities.HasEqualLayers)
        {
            if (!serving.Fleet.Named.AnyWithin(devices))
                return _evaluator.Evaluate(Cut(layers), costs, microBatches);
            exchanged = Exchange(layers, costs);
            if (exchanged?.RequestSeconds <= seconds * (1 + 1e-9))
                return exchanged;
        }
        var swapped = Better(OrderSearch([.. layers.Select(stage => stage.Device)], costs), exchanged);
        if (!IsOrdered || Orders(costs).Partition(Subset(devices)) is not { Length: > 0 } stages)
            return swapped;
        // The least bottleneck over all orders; where the sum of slot times binds, another order may still be better.
        return Better(swapped, _evaluator.Evaluate(stages, costs, costs.MaxMicroBatches));
    }

    private static GroupPlan? Better(GroupPlan? one, GroupPlan? other) =>
        one is null || other?.RequestSeconds < one.RequestSeconds ? other : one;

    private static (int Device, int End)[] Cut((int Device, int Layers)[] stages)
    {
        var end = 0;
        return [.. stages.Select(stage => (stage.Device, end += stage.Layers))];
    }

    /// <summary>Stages with the numbers of their layers change places until none helps: a way around slow links, and over fast ones.</summary>
    private GroupPlan? Exchange((int Device, int Layers)[] stages, RoleCosts costs)
    {
        var best = _evaluator.Evaluate(Cut(stages), costs, costs.MaxMicroBatches);
        for (var improved = true; improved;)
        {
            improved = false;
            for (var left = 0; left < stages.Length; left++)
            {
                for (var right = left + 1; right < stages.Length; right++)
                {
                    (stages[left], stages[right]) = (stages[right], stages[left]);
                    var candidate = _evaluator.Evaluate(Cut(stages), costs, costs.MaxMicroBatches);
                    if (candidate is not null && (best is null || candidate.RequestSeconds < best.RequestSeconds * (1 - 1e-9)))
                        (best, improved) = (candidate, true);
                    else
                        (stages[left], stages[right]) = (stages[right], stages[left]);
                }
            }
        }
        return best;
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
