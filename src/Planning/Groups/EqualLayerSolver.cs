using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>
/// The least request time of a group without a search over orders and cuts: a group reaches the bottleneck T exactly when the layers
/// that its devices can do within T, min(memory limit_k, floor((T - fixed_k) / slope_k)), add up to the model, one of them with the
/// head and one with the embedding.
/// </summary>
/// <remarks>
/// Exact where layers are alike, and so are the links between the devices. Elsewhere a lower bound on the time: capacities are the longest
/// ranges anywhere, and hops the least of any order. Thread-safe.
/// </remarks>
public sealed class EqualLayerSolver(ServingCosts serving)
{
    private const double Tolerance = 1e-10;
    private const int MaxStackDevices = 256;

    // A bound must not refuse what the evaluator, with its own rounding, lets pass.
    private const double SpeedSlack = 1 + 1e-8;

    private readonly int _layers = serving.Fleet.LayerCount;
    private readonly SlotSumSolver _slotSums = new(serving);

    /// <summary>The least request time over micro-batch counts, within the minimum speed; infinite where the group cannot hold the model.</summary>
    /// <param name="devices">Indices in the fleet, without repetition.</param>
    /// <param name="costs">Role and micro-batch size.</param>
    /// <param name="microBatches">The largest count that keeps the minimum speed: more of them never lower the rate.</param>
    /// <param name="cutoff">A time that the caller can do without: infinity is returned for any above it, sooner.</param>
    public double RequestSeconds(ReadOnlySpan<int> devices, RoleCosts costs, out int microBatches, double cutoff = double.PositiveInfinity)
    {
        microBatches = costs.MaxMicroBatches;
        if (devices.Length > _layers || devices.Length > MaxStackDevices)
            return double.PositiveInfinity;
        var hops = costs.LeastHops(devices);
        if (!costs.Holds(devices) || !double.IsInfinity(cutoff) && IsAbove(cutoff, devices, costs, hops))
            return double.PositiveInfinity;
        var bottleneck = Bottleneck(devices, costs, hops);
        if (microBatches == int.MaxValue)
            return bottleneck;
        var seconds = WithMicroBatches(devices, costs, hops, bottleneck, microBatches);
        if (seconds <= SpeedSlack * serving.MaxRequestSeconds(costs, microBatches))
            return seconds;
        var (low, high) = (0, microBatches - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (WithMicroBatches(devices, costs, hops, bottleneck, middle) <= SpeedSlack * serving.MaxRequestSeconds(costs, middle))
                low = middle;
            else
                high = middle - 1;
        }
        microBatches = low;
        return low == 0 ? double.PositiveInfinity : WithMicroBatches(devices, costs, hops, bottleneck, low);
    }

    /// <summary>
    /// A bound on the time that takes no search: work spread over the devices without regard to whole layers or memory. Infinite where even that
    /// falls short of the minimum speed, or the devices cannot hold the model.
    /// </summary>
    public double FractionalSeconds(ReadOnlySpan<int> devices, RoleCosts costs) =>
        costs.Holds(devices) ? FractionalSeconds(devices, costs, costs.LeastHops(devices)) : double.PositiveInfinity;

    private double FractionalSeconds(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops)
    {
        var (fixedLayers, speed) = ((double)_layers, 0.0);
        var (slots, fastest) = (hops.SlotSeconds, double.PositiveInfinity);
        var (kvRates, kvRate) = (costs.KvBytesPerSecond, 0.0);
        foreach (var device in devices)
        {
            kvRate += kvRates?[device] ?? 0;
            var cost = costs.Busy[device];
            fixedLayers += cost.FixedSeconds / cost.SecondsPerWork;
            speed += 1 / cost.SecondsPerWork;
            var slot = costs.Slot[device];
            slots += slot.FixedSeconds + costs.Capacities.LeastWork * slot.SecondsPerWork;
            fastest = Math.Min(fastest, slot.SecondsPerWork);
        }
        var stages = Math.Max(Math.Max(fixedLayers / speed, kvRate > 0 ? serving.KvPromptBytes[_layers] / kvRate : 0), hops.Seconds);
        slots += Math.Max(0, _layers - costs.Capacities.LeastWork * devices.Length) * fastest;
        // Even a single micro-batch may be too slow for its readers.
        if (Math.Max(slots, stages * costs.LeastSequences / costs.MicroBatchSequences) > SpeedSlack * serving.MaxRequestSeconds(costs, 1))
            return double.PositiveInfinity;
        return Math.Max(stages, slots / costs.MaxMicroBatches);
    }

    /// <summary>A partition that reaches <paramref name="seconds"/>: (device, layers) in order, the fastest devices filled first.</summary>
    /// <returns>False where layers or links differ so that the relaxed figures have no partition.</returns>
    public bool TryBuild(ReadOnlySpan<int> devices, RoleCosts costs, double seconds, Span<(int Device, int Layers)> stages)
    {
        if (devices.Length == 1)
        {
            stages[0] = (devices[0], _layers);
            return costs.Capacities.Only[devices[0]];
        }
        seconds *= 1 + 2 * Tolerance;
        Span<int> counts = stackalloc int[devices.Length];
        _slotSums.Least(devices, costs, costs.LeastHops(devices), seconds, counts, out var first, out var last);
        if (last < 0)
            return false;
        stages[0] = (devices[first], counts[first]);
        var next = 1;
        for (var index = 0; index < devices.Length; index++)
            if (index != first && index != last)
                stages[next++] = (devices[index], counts[index]);
        stages[next] = (devices[last], counts[last]);
        return true;
    }

    private bool IsAbove(double cutoff, ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops)
    {
        if (devices.Length == 1)
            return false;
        return !Fits(devices, costs, hops, cutoff)
            || costs.MaxMicroBatches < 2 * devices.Length && LeastSlots(devices, costs, hops, cutoff) / costs.MaxMicroBatches > cutoff;
    }

    private double Bottleneck(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops)
    {
        if (devices.Length == 1)
            return Math.Max(costs.Busy[devices[0]].Seconds(_layers, isLast: true), costs.KvSeconds(devices[0], 0, _layers));
        var low = FractionalSeconds(devices, costs, hops);
        if (Fits(devices, costs, hops, low))
            return low;
        var high = low;
        do
        {
            low = high;
            high = high * 1.1 + 1e-300;
        }
        while (!Fits(devices, costs, hops, high));
        while (high - low > Tolerance * high)
        {
            var middle = 0.5 * (low + high);
            if (Fits(devices, costs, hops, middle))
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    /// <summary>min over partitions of max(bottleneck, slot sum / micro-batches): the sum falls as the bottleneck may rise, so they are made to meet.</summary>
    private double WithMicroBatches(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops, double bottleneck, int microBatches)
    {
        if (devices.Length == 1)
            return Math.Max(bottleneck, costs.Slot[devices[0]].Seconds(_layers, isLast: true) / microBatches);
        var high = LeastSlots(devices, costs, hops, bottleneck * (1 + 2 * Tolerance)) / microBatches;
        if (high <= bottleneck)
            return bottleneck;
        var low = bottleneck;
        if (double.IsPositiveInfinity(high))
        {
            high = bottleneck;
            do
                high *= 1.5;
            while (LeastSlots(devices, costs, hops, high) / microBatches > high);
        }
        while (high - low > Tolerance * high)
        {
            var middle = 0.5 * (low + high);
            if (LeastSlots(devices, costs, hops, middle) / microBatches <= middle)
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    private double LeastSlots(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops, double seconds) => costs.Capacities.HasEqualLayers
        ? _slotSums.Least(devices, costs, hops, seconds, default, out _, out _)
        : _slotSums.LeastOfAnyLayers(devices, costs, hops, seconds);

    private bool Fits(ReadOnlySpan<int> devices, RoleCosts costs, GroupHops hops, double seconds)
    {
        if (devices.Length == 1)
            return costs.Capacities.Only[devices[0]];
        if (seconds < hops.Seconds)
            return false;
        var total = 0;
        var (first, last, capacities) = (new LeastLosses(), new LeastLosses(), costs.Capacities);
        foreach (var device in devices)
        {
            var cost = costs.Busy[device];
            var room = (seconds - cost.FixedSeconds) / cost.SecondsPerWork;
            var layers = Math.Min(Math.Min(capacities.Inner[device], costs.KvLayersWithin(device, seconds)), capacities.WithinWork(room));
            if (layers < 1)
                return false;
            total += layers;
            var asFirst = Math.Min(layers, capacities.First[device]);
            if (asFirst >= 1)
                first.Add(layers - asFirst, device);
            var asLast = Math.Min(
                Math.Min(layers, capacities.Last[device]), capacities.WithinWork(room - cost.HeadSeconds / cost.SecondsPerWork));
            if (asLast >= 1)
                last.Add(layers - asLast, device);
        }
        return total - LeastLosses.OfBoth(first, last) >= _layers;
    }
}
