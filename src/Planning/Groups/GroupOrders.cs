using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Partition;

namespace E2LLM.Planning.Groups;

/// <summary>
/// All orders and cuts of all groups of a small fleet whose layers or links differ: the least bottleneck of each, and of a still smaller fleet
/// the least time with few micro-batches, too. Tables are made when they are first asked for. Thread-safe.
/// </summary>
internal sealed class GroupOrders(ServingCosts serving, GroupEvaluator evaluator)
{
    /// <summary>Devices up to which all orders of all groups are searched.</summary>
    private const int MaxDevices = 10;

    private readonly ConcurrentDictionary<RoleCosts, Lazy<SubsetPartitionSolver>> _bottlenecks = new();
    private readonly ConcurrentDictionary<RoleCosts, Lazy<TradeOffSolver>> _tradeOffs = new();

    public bool IsSmall { get; } = !serving.IsUniform && serving.Fleet.DeviceCount <= MaxDevices;

    /// <summary>Whether <see cref="Best"/> knows the best order and cuts.</summary>
    public bool IsExact { get; } = !serving.IsUniform && TradeOffSolver.IsSmall(serving.Fleet.DeviceCount, serving.Fleet.LayerCount);

    /// <summary>The least bottleneck of a group; infinite where it cannot hold the model.</summary>
    public double BottleneckSeconds(ReadOnlySpan<int> devices, RoleCosts costs) => Bottlenecks(costs).BottleneckSeconds(Subset(devices));

    /// <summary>The partition of the least bottleneck, at its best micro-batches; null where none fits.</summary>
    public GroupPlan? LeastBottleneck(ReadOnlySpan<int> devices, RoleCosts costs) =>
        Bottlenecks(costs).Partition(Subset(devices)) is { Length: > 0 } stages ? evaluator.Evaluate(stages, costs, costs.MaxMicroBatches) : null;

    /// <summary>The best order and cuts of all, at their best micro-batches; null where none fits. Only where <see cref="IsExact"/>.</summary>
    public GroupPlan? Best(ReadOnlySpan<int> devices, RoleCosts costs)
    {
        // Without slots the bottleneck is all that counts.
        if (costs.Role == ReplicaRole.Prefill)
            return LeastBottleneck(devices, costs);
        GroupPlan? best = null;
        foreach (var stages in TradeOffs(costs).Partitions(Subset(devices)))
            if (evaluator.Evaluate(stages, costs, costs.MaxMicroBatches) is { } plan && (best is null || plan.RequestSeconds < best.RequestSeconds))
                best = plan;
        return best;
    }

    private static int Subset(ReadOnlySpan<int> devices)
    {
        var subset = 0;
        foreach (var device in devices)
            subset |= 1 << device;
        return subset;
    }

    private SubsetPartitionSolver Bottlenecks(RoleCosts costs) =>
        _bottlenecks.GetOrAdd(costs, _ => new(() => new SubsetPartitionSolver(Problem(costs), Pairs(costs.HopSecondsOf)))).Value;

    private TradeOffSolver TradeOffs(RoleCosts costs) => _tradeOffs.GetOrAdd(costs, _ => new(() =>
    {
        var bottlenecks = Bottlenecks(costs);
        var subsets = 1 << serving.Fleet.DeviceCount;
        var (least, most, sums) = (new double[subsets], new double[subsets], new double[subsets]);
        for (var subset = subsets - 1; subset > 0; subset--)
        {
            least[subset] = bottlenecks.BottleneckSeconds(subset);
            // What one partition reaches, the best does not exceed; rounding aside.
            most[subset] = !double.IsFinite(least[subset]) ? 0
                : evaluator.Evaluate(bottlenecks.Partition(subset), costs, costs.MaxMicroBatches) is { } plan ? plan.RequestSeconds * (1 + 1e-9)
                : double.PositiveInfinity;
            for (var device = 0; device < serving.Fleet.DeviceCount; device++)
                if ((subset >> device & 1) == 0)
                {
                    least[subset] = Math.Min(least[subset], least[subset | 1 << device]);
                    most[subset] = Math.Max(most[subset], most[subset | 1 << device]);
                }
            sums[subset] = most[subset] * costs.MaxMicroBatches;
        }
        return new TradeOffSolver(new TradeOffProblem
        {
            Partition = Problem(costs),
            Slots = costs.Slot,
            HopSeconds = Pairs(costs.HopSecondsOf),
            SlotHopSeconds = Pairs(costs.SlotHopSecondsOf),
            LeastBottleneck = least,
            MostBottleneck = most,
            MostSum = sums,
        });
    })).Value;

    private double[,] Pairs(Func<int, int, double> of)
    {
        var count = serving.Fleet.DeviceCount;
        var pairs = new double[count, count];
        for (var from = 0; from < count; from++)
            for (var to = 0; to < count; to++)
                pairs[from, to] = from == to ? 0 : of(from, to);
        return pairs;
    }

    private PartitionProblem Problem(RoleCosts costs) => PartitionProblem.Of(serving, costs, [.. Enumerable.Range(0, serving.Fleet.DeviceCount)]);
}
