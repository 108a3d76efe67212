using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Partition;

/// <summary>Layers to be cut into contiguous ranges, one for each of the devices in the given order.</summary>
/// <remarks>Every device gets at least one layer: leaving one out is the caller's choice of the list.</remarks>
public sealed class PartitionProblem
{
    /// <summary>Prefix sums [layers + 1] of the layers' relative work; a layer of mean size counts 1.</summary>
    public required double[] LayerWork { get; init; }

    /// <summary>Prefix sums [layers + 1] of weight and KV bytes.</summary>
    public required long[] LayerBytes { get; init; }

    /// <summary>Bytes that every stage holds besides its layers.</summary>
    public long EachStageBytes { get; init; }

    /// <summary>Bytes that the first stage holds besides.</summary>
    public long FirstStageBytes { get; init; }

    /// <summary>Bytes that the last stage holds besides.</summary>
    public long LastStageBytes { get; init; }

    /// <summary>Cost of a call, by device in order.</summary>
    public required LinearCost[] Costs { get; init; }

    /// <summary>Memory, by device in order.</summary>
    public required long[] MemoryBytes { get; init; }

    /// <summary>Whether a device may hold the first layer or the last, by device in order; empty: each may.</summary>
    public bool[] MayHoldEnds { get; init; } = [];

    /// <summary>Seconds of the transfer into each device from the one before it; the first entry is not read.</summary>
    public required double[] HopSeconds { get; init; }

    /// <summary>Prefix sums [layers + 1] of the bytes of each layer that go through a device's interface beside the hops; null: none.</summary>
    public double[]? SentBytes { get; init; }

    /// <summary>Bytes of these a second, by device in order; not read where there are none.</summary>
    public double[] SentBytesPerSecond { get; init; } = [];

    public int LayerCount => LayerWork.Length - 1;

    public int DeviceCount => Costs.Length;

    /// <summary>A role's costs on devices in a given order, with one micro-batch size.</summary>
    internal static PartitionProblem Of(ServingCosts serving, RoleCosts costs, int[] order)
    {
        var memory = costs.Choice.Memory;
        return new PartitionProblem
        {
            LayerWork = serving.Fleet.LayerWork,
            LayerBytes = memory.LayerBytes,
            EachStageBytes = memory.EachStageBytes,
            FirstStageBytes = memory.FirstStageBytes,
            LastStageBytes = memory.LastStageBytes,
            Costs = [.. order.Select(device => costs.Busy[device])],
            MemoryBytes = [.. order.Select(device => serving.Fleet.MemoryBytes[device])],
            MayHoldEnds = [.. order.Select(serving.Fleet.MayHoldEnds)],
            HopSeconds = [.. order.Select((device, index) => index == 0 ? 0 : costs.HopSecondsOf(order[index - 1], device))],
            SentBytes = costs.KvBytesPerSecond is null ? null : serving.KvPromptBytes,
            SentBytesPerSecond = costs.KvBytesPerSecond is { } rates ? [.. order.Select(device => rates[device])] : [],
        };
    }

    /// <summary>Seconds of a device with the layers [first, end): compute or sending, whichever is longer.</summary>
    public double StageSeconds(int device, int first, int end)
    {
        var compute = Costs[device].Seconds(LayerWork[end] - LayerWork[first], end == LayerCount);
        return SentBytes is null ? compute : Math.Max(compute, (SentBytes[end] - SentBytes[first]) / SentBytesPerSecond[device]);
    }

    /// <summary>Whether a device may hold the layers [first, end), and has the memory for them. No longer range holds where a shorter one does not.</summary>
    public bool MayHold(int device, int first, int end) =>
        StageBytes(first, end) <= MemoryBytes[device] && ((first > 0 && end < LayerCount) || MayHoldEnds.Length == 0 || MayHoldEnds[device]);

    /// <summary>Memory of a stage with the layers [first, end).</summary>
    public long StageBytes(int first, int end) =>
        EachStageBytes + LayerBytes[end] - LayerBytes[first]
        + (first == 0 ? FirstStageBytes : 0)
        + (end == LayerCount ? LastStageBytes : 0);
}
