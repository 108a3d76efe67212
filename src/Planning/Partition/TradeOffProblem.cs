using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Partition;

/// <summary>What a <see cref="TradeOffSolver"/> is asked.</summary>
internal sealed class TradeOffProblem
{
    /// <summary>The devices of the fleet in any order; its own hops are not read.</summary>
    public required PartitionProblem Partition { get; init; }

    /// <summary>Slot time of a stage, by device.</summary>
    public required LinearCost[] Slots { get; init; }

    /// <summary>Seconds that a transfer keeps a link busy, [from, to].</summary>
    public required double[,] HopSeconds { get; init; }

    /// <summary>Slot time of a transfer, [from, to].</summary>
    public required double[,] SlotHopSeconds { get; init; }

    /// <summary>A bottleneck that no partition of any superset of a subset is below, [subset]; infinite where none fits.</summary>
    public required double[] LeastBottleneck { get; init; }

    /// <summary>Partitions of a higher bottleneck are not asked for, [subset].</summary>
    public required double[] MostBottleneck { get; init; }

    /// <summary>Partitions of a higher sum are not asked for, [subset].</summary>
    public required double[] MostSum { get; init; }
}
