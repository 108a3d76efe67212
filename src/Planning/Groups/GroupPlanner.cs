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
    // Of the closed form, and of sums made in another order.
    private const double Rounding = 1e-8;

    private readonly EqualLayerSolver _closedForm = new(serving);
    private readonly GroupEvaluator _evaluator = new(serving);
    private readonly GroupOrders _orders = new(serving, new GroupEvaluator(serving));
    private readonly ConcurrentDictionary<(string Types, ReplicaRole Role), (GroupPlan? Plan, bool IsBest)> _memo = new();

    public ServingCosts Serving => serving;

    public GroupEvaluator Evaluator => _evaluator;

    public EqualLayerSolver ClosedForm => _closedForm;

    /// <summary>Null where the devices cannot hold the model, or not at the minimum speed.</summary>
    /// <param name="devices">Indices in the fleet in any order, without repetition.</param>
    /// <param name="role">What the group is to do.</param>
    public GroupPlan? Best(IReadOnlyList<int> devices, ReplicaRole role) => Best(devices, role, out _);

    /// <param name="devices">Indices in the fleet in any order, without repetition.</param>
    /// <param name="role">What the group is to do.</param>
    /// <param name="isBest">Whether it is proved that no order, no cut and no micro-batches of these devices give a higher rate, or any where there is no plan.</param>
    internal GroupPlan? Best(IReadOnlyList<int> devices, ReplicaRole role, out bool isBest)
    {
        if (serving.Fleet.Request.MixedOnly && role != ReplicaRole.Mixed)
        {
            isBest = true;
            return null;
        }
        var sorted = devices.ToArray();
        Array.Sort(sorted, (left, right) =>
            serving.DeviceTypes[left] != serving.DeviceTypes[right] ? serving.DeviceTypes[left] - serving.DeviceTypes[right] : left - right);
        var key = (string.Create(sorted.Length, sorted, (text, all) =>
        {
            for (var index = 0; index < all.Length; index++)
                text[index] = (char)serving.DeviceTypes[all[index]];
        }), role);
        if (!_memo.TryGetValue(key, out var known))
        {
            // Kept as positions in the sorted list, for any devices of these types.
            var found = Find(sorted, role);
            known = _memo.GetOrAdd(key, (found.Plan?.OnDevices(device => Array.IndexOf(sorted, device)), found.IsBest));
        }
        isBest = known.IsBest;
        return known.Plan?.OnDevices(position => sorted[position]);
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
        return best is null ? null : _evaluator.Lightest(best);
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
        return !_orders.IsSmall || double.IsPositiveInfinity(least) ? least : Math.Max(least, _orders.BottleneckSeconds(devices, costs));
    }

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

    private (GroupPlan? Plan, bool IsBest) Find(int[] devices, ReplicaRole role)
    {
        GroupPlan? best = null;
        // Below this no group is, of the sizes whose best was not certainly found.
        var unproved = double.PositiveInfinity;
        Visit(serving.Tree(role), devices, () => best?.RequestSeconds ?? double.PositiveInfinity, costs =>
        {
            var bound = _closedForm.RequestSeconds(devices, costs, out var microBatches, best?.RequestSeconds ?? double.PositiveInfinity);
            if (double.IsPositiveInfinity(bound) || best is not null && bound >= best.RequestSeconds)
                return;
            var (plan, isBest) = Build(devices, costs, bound, microBatches, best?.RequestSeconds ?? double.PositiveInfinity);
            if (!isBest)
                unproved = Math.Min(unproved, bound);
            if (plan is not null && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        });
        return (best is null ? null : _evaluator.Lightest(best), (best?.RequestSeconds ?? double.PositiveInfinity) <= unproved * (1 + Rounding));
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

    /// <summary>A group in no less than <paramref name="seconds"/>, and whether none is faster; also where none is faster than <paramref name="known"/>.</summary>
    private (GroupPlan? Plan, bool IsBest) Build(int[] devices, RoleCosts costs, double seconds, int microBatches, double known)
    {
        var layers = new (int Device, int Layers)[devices.Length];
        GroupPlan? exchanged = null;
        if (!_closedForm.TryBuild(devices, costs, seconds, layers))
            layers = [.. EndsOutside(devices).Select(device => (device, 0))];
        else if (costs.Capacities.HasEqualLayers)
        {
            if (!serving.Fleet.Named.AnyWithin(devices))
                return (_evaluator.Evaluate(Cut(layers), costs, microBatches), true);
            exchanged = Exchange(layers, costs);
            if (exchanged?.RequestSeconds <= seconds * (1 + Rounding))
                return (exchanged, true);
        }
        if (_orders.IsSmall)
        {
            if (_orders.BottleneckSeconds(devices, costs) >= known)
                return (null, true);
            if (_orders.IsExact)
                return (Better(_orders.Best(devices, costs), exchanged), true);
        }
        var swapped = Better(OrderSearch([.. layers.Select(stage => stage.Device)], costs), exchanged);
        // The least bottleneck over all orders; where the sum of slot times binds, another order may still be better.
        var best = _orders.IsSmall ? Better(swapped, _orders.LeastBottleneck(devices, costs)) : swapped;
        return (best, best?.RequestSeconds <= seconds * (1 + Rounding));
    }

    /// <summary>An order to begin a search with, in which the first and the last device may be that, if there are two such.</summary>
    private int[] EndsOutside(int[] devices)
    {
        int[] ends = [.. devices.Where(serving.Fleet.MayHoldEnds)];
        return ends.Length == devices.Length || ends.Length < 2 ? devices : [ends[0], .. devices.Where(device => device != ends[0] && device != ends[1]), ends[1]];
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
        double.IsPositiveInfinity(solver.Solve(PartitionProblem.Of(serving, costs, order), ends))
            ? null
            : _evaluator.Evaluate([.. order.Select((device, index) => (device, ends[index]))], costs, costs.MaxMicroBatches);
}
