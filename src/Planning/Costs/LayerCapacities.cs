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
    /// <param name="kvPromptBytes">Prefix sums [layers + 1] of what a mean prompt's KV cache takes: fewer where a layer has a window.</param>
    internal LayerCapacities(FleetCosts costs, double[] kvPromptBytes)
    {
        _layers = costs.LayerCount;
        var memory = costs.Memory;
        _leastWork = LeastOfRange(costs.LayerWork, (end, first) => costs.LayerWork[end] - costs.LayerWork[first]);
        _mostWork = [.. LeastOfRange(costs.LayerWork, (end, first) => costs.LayerWork[first] - costs.LayerWork[end]).Select(work => -work)];
        var leastBytes = LeastOfRange(costs.LayerWork, (end, first) => memory.LayerBytes[end] - memory.LayerBytes[first]);
        _leastKvBytes = LeastOfRange(kvPromptBytes, (end, first) => kvPromptBytes[end] - kvPromptBytes[first]);
        HasEqualLayers = AreEqual(costs, kvPromptBytes);
        var count = costs.DeviceCount;
        Inner = new int[count];
        First = new int[count];
        Last = new int[count];
        Only = new bool[count];
        for (var device = 0; device < count; device++)
        {
            var bytes = costs.MemoryBytes[device];
            Inner[device] = Most(layers => memory.EachStageBytes + leastBytes[layers] <= bytes);
            First[device] = Most(layers => memory.EachStageBytes + memory.FirstStageBytes + memory.LayerBytes[layers] <= bytes);
            Last[device] = Most(layers =>
                memory.EachStageBytes + memory.LastStageBytes + memory.LayerBytes[_layers] - memory.LayerBytes[_layers - layers] <= bytes);
            Only[device] = memory.TotalBytes <= bytes;
        }
    }

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
    private static bool AreEqual(FleetCosts costs, double[] kvPromptBytes)
    {
        for (var layer = 0; layer < costs.LayerCount; layer++)
            if (costs.LayerWork[layer + 1] != layer + 1
                || costs.Memory.LayerBytes[layer + 1] != (layer + 1) * costs.Memory.LayerBytes[1]
                || Math.Abs(kvPromptBytes[layer + 1] - (layer + 1) * kvPromptBytes[1]) > 1e-12 * kvPromptBytes[layer + 1])
                return false;
        return true;
    }
}
