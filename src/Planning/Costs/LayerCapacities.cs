namespace E2LLM.Planning.Costs;

/// <summary>How many layers every device can hold at most, by its place in a replica.</summary>
/// <remarks>
/// Exact where all layers are alike. Otherwise the longest range that fits anywhere: then a plan may hold fewer but never more, so
/// that bounds made of it stay valid.
/// </remarks>
public sealed class LayerCapacities
{
    private readonly int _layers;
    private readonly double[] _leastWork;
    private readonly double[] _mostWork;
    private readonly double[] _leastKvBytes;

    /// <param name="costs">The request.</param>
    /// <param name="memory">With one of its engine settings.</param>
    /// <param name="kvPromptBytes">Prefix sums [layers + 1] of what a mean prompt's KV cache takes: fewer where a layer has a window.</param>
    internal LayerCapacities(FleetCosts costs, StageMemory memory, double[] kvPromptBytes)
    {
        _layers = costs.LayerCount;
        _leastWork = LeastOfRange(costs.LayerWork, (end, first) => costs.LayerWork[end] - costs.LayerWork[first]);
        _mostWork = [.. LeastOfRange(costs.LayerWork, (end, first) => costs.LayerWork[first] - costs.LayerWork[end]).Select(work => -work)];
        var leastBytes = LeastOfRange(costs.LayerWork, (end, first) => memory.LayerBytes[end] - memory.LayerBytes[first]);
        _leastKvBytes = LeastOfRange(kvPromptBytes, (end, first) => kvPromptBytes[end] - kvPromptBytes[first]);
        HasEqualLayers = AreEqual(costs, memory, kvPromptBytes);
        var count = costs.DeviceCount;
        Inner = new int[count];
        First = new int[count];
        Last = new int[count];
        Only = new bool[count];
        for (var device = 0; device < count; device++)
        {
            var bytes = costs.MemoryBytes[device];
            var mayHoldEnds = costs.MayHoldEnds(device);
            Inner[device] = Most(layers => memory.EachStageBytes + leastBytes[layers] <= bytes);
            First[device] = Most(layers => mayHoldEnds && memory.EachStageBytes + memory.FirstStageBytes + memory.LayerBytes[layers] <= bytes);
            Last[device] = Most(layers =>
                mayHoldEnds && memory.EachStageBytes + memory.LastStageBytes + memory.LayerBytes[_layers] - memory.LayerBytes[_layers - layers] <= bytes);
            Only[device] = mayHoldEnds && memory.TotalBytes <= bytes;
        }
    }

    private LayerCapacities(IReadOnlyList<LayerCapacities> all, Func<int, int, int> pick, Func<bool, bool, bool> pickOnly)
    {
        var first = all[0];
        (_layers, _leastWork, _mostWork, _leastKvBytes) = (first._layers, first._leastWork, first._mostWork, first._leastKvBytes);
        HasEqualLayers = all.All(capacities => capacities.HasEqualLayers);
        int[] Picked(Func<LayerCapacities, int[]> of) => all.Skip(1).Aggregate(of(first), (picked, next) => [.. picked.Zip(of(next), pick)]);
        (Inner, First, Last) = (Picked(capacities => capacities.Inner), Picked(capacities => capacities.First), Picked(capacities => capacities.Last));
        Only = all.Skip(1).Aggregate(first.Only, (picked, next) => [.. picked.Zip(next.Only, pickOnly)]);
    }

    /// <summary>The most of several, device by device: no group holds more with any of them.</summary>
    internal static LayerCapacities Most(IEnumerable<LayerCapacities> all) =>
        all.Distinct().ToArray() is { Length: > 1 } several ? new(several, Math.Max, (one, other) => one || other) : all.First();

    /// <summary>The least of several, device by device.</summary>
    internal static LayerCapacities Least(IEnumerable<LayerCapacities> all) =>
        all.Distinct().ToArray() is { Length: > 1 } several ? new(several, Math.Min, (one, other) => one && other) : all.First();

    public bool HasEqualLayers { get; }

    /// <summary>Layers between the first and the last stage, by device.</summary>
    public int[] Inner { get; }

    /// <summary>Layers on the first stage, beside the embedding, by device.</summary>
    public int[] First { get; }

    /// <summary>Layers on the last stage, beside the head, by device.</summary>
    public int[] Last { get; }

    /// <summary>Whether the device holds the whole model, by device.</summary>
    public bool[] Only { get; }

    /// <summary>Work of the lightest layer; 1 where all are alike.</summary>
    public double LeastWork => _leastWork[1];

    /// <summary>Work of the heaviest range of so many layers.</summary>
    public double MostWork(int layers) => _mostWork[layers];

    /// <summary>The most layers of so much work; at most all of them.</summary>
    public int WithinWork(double work)
    {
        if (HasEqualLayers)
            return work >= _layers ? _layers : (int)(work + 1e-9);
        var (low, high) = (0, _layers);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_leastWork[middle] <= work + 1e-9)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    /// <summary>The most layers whose KV cache of a mean prompt has so many bytes; all of them where it has none.</summary>
    public int WithinKvBytes(double bytes)
    {
        var layers = HasEqualLayers && _leastKvBytes[1] > 0 ? (int)Math.Min(_layers, bytes / _leastKvBytes[1] + 1e-9) : _layers;
        while (layers > 0 && _leastKvBytes[layers] > bytes * (1 + 1e-9))
            layers--;
        return layers;
    }

    /// <summary>Whether the longest ranges of the devices, one of them first and another last, add up to the model.</summary>
    public bool Hold(ReadOnlySpan<int> devices)
    {
        if (devices.Length == 1)
            return Only[devices[0]];
        var total = 0;
        var (first, last) = (new LeastLosses(), new LeastLosses());
        foreach (var device in devices)
        {
            if (Inner[device] < 1)
                return false;
            total += Inner[device];
            if (First[device] >= 1)
                first.Add(Math.Max(0, Inner[device] - First[device]), device);
            if (Last[device] >= 1)
                last.Add(Math.Max(0, Inner[device] - Last[device]), device);
        }
        return total - LeastLosses.OfBoth(first, last) >= _layers;
    }

    /// <summary>Whether each of the devices holds as many layers as with the other, wherever it stands.</summary>
    internal bool HoldsNoLessThan(LayerCapacities other, int[] devices) => Array.TrueForAll(devices, device =>
        Inner[device] >= other.Inner[device] && First[device] >= other.First[device] && Last[device] >= other.Last[device] && (Only[device] || !other.Only[device]));

    private int Most(Predicate<int> fits)
    {
        var layers = 0;
        while (layers < _layers && fits(layers + 1))
            layers++;
        return layers;
    }

    private static double[] LeastOfRange(double[] prefix, Func<int, int, double> range)
    {
        var least = new double[prefix.Length];
        for (var count = 1; count < prefix.Length; count++)
        {
            least[count] = double.PositiveInfinity;
            for (var end = count; end < prefix.Length; end++)
                least[count] = Math.Min(least[count], range(end, end - count));
        }
        return least;
    }

    // By every measure that a plan is priced by: work, memory, and the KV cache that goes from PREFILL to DECODER.
    private static bool AreEqual(FleetCosts costs, StageMemory memory, double[] kvPromptBytes)
    {
        for (var layer = 0; layer < costs.LayerCount; layer++)
            if (costs.LayerWork[layer + 1] != layer + 1
                || memory.LayerBytes[layer + 1] != (layer + 1) * memory.LayerBytes[1]
                || Math.Abs(kvPromptBytes[layer + 1] - (layer + 1) * kvPromptBytes[1]) > 1e-12 * kvPromptBytes[layer + 1])
                return false;
        return true;
    }
}
