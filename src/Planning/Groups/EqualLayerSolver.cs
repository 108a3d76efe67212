using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Groups;

/// <summary>
/// The least request time of a group without a search over orders and cuts: a group reaches the bottleneck T exactly when the layers
/// that its devices can do within T, min(memory limit_k, floor((T - fixed_k) / slope_k)), add up to the model, one of them with the
/// head and one with the embedding.
/// </summary>
/// <remarks>
/// Exact where layers and links are alike. Elsewhere a lower bound on the time: capacities are the longest ranges anywhere, hops those
/// of the fastest link, and with unequal layers the sum over stages is left out. Thread-safe.
/// </remarks>
public sealed class EqualLayerSolver(ServingCosts serving)
{
    private const double Tolerance = 1e-10;
    private const int MaxStackDevices = 256;

    // A bound must not refuse what the evaluator, with its own rounding, lets pass.
    private const double SpeedSlack = 1 + 1e-8;

    private readonly LayerCapacities _capacities = serving.Capacities;
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
        if (devices.Length > _layers || devices.Length > MaxStackDevices || !Fits(devices, costs, double.PositiveInfinity))
            return double.PositiveInfinity;
        if (!double.IsInfinity(cutoff) && IsAbove(cutoff, devices, costs))
            return double.PositiveInfinity;
        var bottleneck = Bottleneck(devices, costs);
        if (microBatches == int.MaxValue)
            return bottleneck;
        var seconds = WithMicroBatches(devices, costs, bottleneck, microBatches);
        if (seconds <= SpeedSlack * serving.MaxRequestSeconds(costs, microBatches))
            return seconds;
        var (low, high) = (0, microBatches - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (WithMicroBatches(devices, costs, bottleneck, middle) <= SpeedSlack * serving.MaxRequestSeconds(costs, middle))
                low = middle;
            else
                high = middle - 1;
        }
        microBatches = low;
        return low == 0 ? double.PositiveInfinity : WithMicroBatches(devices, costs, bottleneck, low);
    }

    /// <summary>A bound on the time that takes no search: work spread over the devices without regard to whole layers or memory.</summary>
    public double FractionalSeconds(ReadOnlySpan<int> devices, RoleCosts costs)
    {
        var (fixedLayers, speed) = ((double)_layers, 0.0);
        var (slots, fastest) = ((devices.Length - 1) * costs.SlotHopSeconds, double.PositiveInfinity);
        foreach (var device in devices)
        {
            var cost = costs.Busy[device];
            fixedLayers += cost.FixedSeconds / cost.SecondsPerWork;
            speed += 1 / cost.SecondsPerWork;
            var slot = costs.Slot[device];
            slots += slot.FixedSeconds + slot.SecondsPerWork;
            fastest = Math.Min(fastest, slot.SecondsPerWork);
        }
        var stages = Math.Max(fixedLayers / speed, costs.KvSecondsPerLayer * _layers / devices.Length);
        if (devices.Length > 1)
            stages = Math.Max(stages, costs.HopSeconds);
        return _capacities.HasEqualLayers
            ? Math.Max(stages, (slots + Math.Max(0, _layers - devices.Length) * fastest) / costs.MaxMicroBatches)
            : stages;
    }

    /// <summary>A partition that reaches <paramref name="seconds"/>: (device, layers) in order, the fastest devices filled first.</summary>
    /// <returns>False where layers or links differ so that the relaxed figures have no partition.</returns>
    public bool TryBuild(ReadOnlySpan<int> devices, RoleCosts costs, double seconds, Span<(int Device, int Layers)> stages)
    {
        if (devices.Length == 1)
        {
            stages[0] = (devices[0], _layers);
            return _capacities.Only[devices[0]];
        }
        seconds *= 1 + 2 * Tolerance;
        Span<int> counts = stackalloc int[devices.Length];
        _slotSums.Least(devices, costs, seconds, counts, out var first, out var last);
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

    private bool IsAbove(double cutoff, ReadOnlySpan<int> devices, RoleCosts costs)
    {
        if (devices.Length == 1)
            return false;
        return !Fits(devices, costs, cutoff)
            || costs.MaxMicroBatches < devices.Length && _capacities.HasEqualLayers
                && _slotSums.Least(devices, costs, cutoff, default, out _, out _) / costs.MaxMicroBatches > cutoff;
    }

    private double Bottleneck(ReadOnlySpan<int> devices, RoleCosts costs)
    {
        if (devices.Length == 1)
            return Math.Max(costs.Busy[devices[0]].Seconds(_layers, isLast: true), costs.KvSecondsPerLayer * _layers);
        var low = FractionalSeconds(devices, costs);
        if (Fits(devices, costs, low))
            return low;
        var high = low;
        do
        {
            low = high;
            high = high * 1.1 + 1e-300;
        }
        while (!Fits(devices, costs, high));
        while (high - low > Tolerance * high)
        {
            var middle = 0.5 * (low + high);
            if (Fits(devices, costs, middle))
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    /// <summary>min over partitions of max(bottleneck, slot sum / micro-batches): the sum falls as the bottleneck may rise, so they are made to meet.</summary>
    private double WithMicroBatches(ReadOnlySpan<int> devices, RoleCosts costs, double bottleneck, int microBatches)
    {
        if (!_capacities.HasEqualLayers)
            return bottleneck;
        if (devices.Length == 1)
            return Math.Max(bottleneck, costs.Slot[devices[0]].Seconds(_layers, isLast: true) / microBatches);
        var high = _slotSums.Least(devices, costs, bottleneck * (1 + 2 * Tolerance), default, out _, out _) / microBatches;
        if (high <= bottleneck)
            return bottleneck;
        var low = bottleneck;
        if (double.IsPositiveInfinity(high))
        {
            high = bottleneck;
            do
                high *= 1.5;
            while (_slotSums.Least(devices, costs, high, default, out _, out _) / microBatches > high);
        }
        while (high - low > Tolerance * high)
        {
            var middle = 0.5 * (low + high);
            if (_slotSums.Least(devices, costs, middle, default, out _, out _) / microBatches <= middle)
                high = middle;
            else
                low = middle;
        }
        return high;
    }

    private bool Fits(ReadOnlySpan<int> devices, RoleCosts costs, double seconds)
    {
        if (devices.Length == 1)
            return _capacities.Only[devices[0]];
        if (seconds < costs.HopSeconds)
            return false;
        var total = 0;
        var kvLayers = costs.KvLayersWithin(seconds);
        var (first1, first2, firstAt) = (int.MaxValue / 4, int.MaxValue / 4, -1);
        var (last1, last2, lastAt) = (int.MaxValue / 4, int.MaxValue / 4, -1);
        foreach (var device in devices)
        {
            var cost = costs.Busy[device];
            var room = (seconds - cost.FixedSeconds) / cost.SecondsPerWork;
            var layers = Math.Min(Math.Min(_capacities.Inner[device], kvLayers), _capacities.WithinWork(room));
            if (layers < 1)
                return false;
            total += layers;
            var asFirst = Math.Min(layers, _capacities.First[device]);
            if (asFirst >= 1)
                Keep(layers - asFirst, device, ref first1, ref first2, ref firstAt);
            var asLast = Math.Min(
                Math.Min(layers, _capacities.Last[device]), _capacities.WithinWork(room - cost.HeadSeconds / cost.SecondsPerWork));
            if (asLast >= 1)
                Keep(layers - asLast, device, ref last1, ref last2, ref lastAt);
        }
        var loss = firstAt != lastAt ? first1 + last1 : Math.Min(first1 + last2, first2 + last1);
        return total - (long)loss >= _layers;
    }

    private static void Keep(int loss, int device, ref int best, ref int second, ref int at)
    {
        if (loss < best)
            (best, second, at) = (loss, best, device);
        else if (loss < second)
            second = loss;
    }
}
