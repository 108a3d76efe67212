using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Groups;

/// <summary>The best order, cuts and micro-batches of a set of devices in a role; remembered by the multiset of their types. Thread-safe.</summary>
/// <remarks>
/// With equal layers and links: the closed form. Otherwise the partition DP on the closed form's order, improved by swapping pairs of
/// devices until none helps: a heuristic, because the free order is NP-hard (Benoit and Robert 2008).
/// </remarks>
public sealed class GroupPlanner(ServingCosts serving)
{
    private readonly EqualLayerSolver _closedForm = new(serving);
    private readonly GroupEvaluator _evaluator = new(serving);
    private readonly ConcurrentDictionary<(string Types, ReplicaRole Role), GroupPlan?> _memo = new();

    public ServingCosts Serving => serving;

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
        return OrderSearch([.. layers.Select(stage => stage.Device)], costs);
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

    private GroupPlan? Cut(PartitionSolver solver, int[] order, int[] ends, RoleCosts costs)
    {
        var memory = serving.Fleet.Memory;
        var problem = new PartitionProblem
        {
            LayerWork = serving.Fleet.LayerWork,
            LayerBytes = memory.LayerBytes,
            EachStageBytes = memory.EachStageBytes,
            FirstStageBytes = memory.FirstStageBytes,
            LastStageBytes = memory.LastStageBytes,
            Costs = [.. order.Select(device => costs.Busy[device])],
            MemoryBytes = [.. order.Select(device => serving.Fleet.MemoryBytes[device])],
            HopSeconds = [.. order.Select((device, index) => index == 0 ? 0 : costs.HopSecondsOf(order[index - 1], device))],
        };
        if (double.IsPositiveInfinity(solver.Solve(problem, ends)))
            return null;
        return _evaluator.Evaluate([.. order.Select((device, index) => (device, ends[index]))], costs, costs.MaxMicroBatches);
    }
}
