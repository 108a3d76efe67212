using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Columns;

/// <summary>
/// The cheapest group that holds the model with every stage within a given time: a covering knapsack over layers, in which one device
/// is the first stage and another the last. Not thread-safe.
/// </summary>
/// <remarks>
/// The limit on the sum of slot times is met by a penalty: for any weight w >= 0 the least of price + w * (sum - limit) is at most the
/// price of the cheapest group that keeps the limit, so that the best weight found gives a bound, if not always the group.
/// </remarks>
/// <param name="serving">The request.</param>
/// <param name="deviceOfType">One device of each type.</param>
/// <param name="leastDevices">Groups of fewer devices are not asked for.</param>
internal sealed class CoverKnapsack(ServingCosts serving, int[] deviceOfType, int leastDevices)
{
    private const int First = 1;
    private const int Last = 2;
    private const int Both = First | Last;
    private const int MaxWeights = 6;

    private readonly int _layers = serving.Fleet.LayerCount;
    private double _longestSlotHop;
    private int _least;
    private readonly List<Item> _items = [];
    private double[] _cost = [];
    private int[] _choice = [];

    private readonly record struct Item(int Type, int Inner, int First, int Last, double SlotFixed, double SlotPerLayer, double SlotHead);

    /// <summary>A price that no group of two, or of enough, devices is below; positive infinity where none covers the model.</summary>
    /// <param name="costs">Role and micro-batch size.</param>
    /// <param name="seconds">Limit of each stage and hop, and of the slot sum by micro-batch; infinite: memory alone limits.</param>
    /// <param name="prices">Cost of a device, by type.</param>
    /// <param name="counts">Devices that there are, by type.</param>
    /// <param name="enough">Above this price the caller does not mind how much above.</param>
    public double Solve(RoleCosts costs, double seconds, ReadOnlySpan<double> prices, ReadOnlySpan<int> counts, double enough)
    {
        SetItems(costs, seconds, counts);
        // Without the least number of devices first: that takes less, and is mostly enough.
        _least = 0;
        var price = Fill(prices, 0);
        if (price < enough && leastDevices > 2)
        {
            _least = Math.Min(leastDevices, _layers + 1);
            price = Fill(prices, 0);
        }
        if (price >= enough || costs.MaxMicroBatches == int.MaxValue || !costs.Capacities.HasEqualLayers || double.IsInfinity(seconds))
            return price;
        var limit = costs.MaxMicroBatches * seconds;
        var hop = _longestSlotHop;
        var (upPrice, upSum) = Trace(prices, hop);
        if (upSum <= limit)
            return price;

        // The bound is concave in the weight, and each group found gives a line above it: the next weight is where the lines meet.
        var (downPrice, downSum) = (double.PositiveInfinity, 0.0);
        for (var step = 0; step < MaxWeights; step++)
        {
            var weight = double.IsInfinity(downPrice)
                ? (Math.Max(enough, upPrice) * 1.02 - upPrice) / (upSum - limit)
                : (downPrice - upPrice) / (upSum - downSum);
            if (!(weight > 0) || double.IsInfinity(weight))
                break;
            var penalized = Fill(prices, weight);
            if (double.IsInfinity(penalized))
                break;
            // Each device carries its least hop, and there is one fewer than devices.
            price = Math.Max(price, penalized - weight * (limit + hop));
            if (price >= enough)
                break;
            var (foundPrice, foundSum) = Trace(prices, hop);
            if (foundSum <= limit)
                (downPrice, downSum) = (foundPrice, foundSum);
            else
                (upPrice, upSum) = (foundPrice, foundSum);
        }
        return price;
    }

    /// <summary>The devices of the last group that was looked at, by type.</summary>
    public (int Type, int Count)[] Solution()
    {
        var taken = new SortedDictionary<int, int>();
        foreach (var (item, _, _) in Steps())
            taken[item.Type] = taken.GetValueOrDefault(item.Type) + 1;
        return [.. taken.Select(entry => (entry.Key, entry.Value))];
    }

    private (double Price, double SlotSum) Trace(ReadOnlySpan<double> prices, double hop)
    {
        var (price, sum) = (0.0, -hop);
        foreach (var (item, layers, flag) in Steps())
        {
            price += prices[item.Type];
            sum += item.SlotFixed + layers * item.SlotPerLayer + (flag == Last ? item.SlotHead : 0);
        }
        return (price, sum);
    }

    private IEnumerable<(Item Item, int Layers, int Flag)> Steps()
    {
        var width = Width;
        var state = width - 1;
        for (var index = _items.Count; index > 0; index--)
        {
            var choice = _choice[index * width + state];
            if (choice == 0)
                continue;
            var (layers, flag) = (choice >> 2 & 0x7fff, choice & 3);
            yield return (_items[index - 1], layers, flag);
            var devices = state / Plane - (choice >> 18);
            state = devices * Plane + ((state % Plane >> 2) - layers << 2 | state & 3 & ~flag);
        }
    }

    // States of a number of devices: layers held, and which of the ends are taken.
    private int Plane => (_layers + 1) * 4;

    private int Width => Plane * (_least + 1);

    /// <summary>The last state is the whole model, both ends and at least so many devices: more count as that many.</summary>
    private double Fill(ReadOnlySpan<double> prices, double weight)
    {
        var (plane, width) = (Plane, Width);
        var needed = (_items.Count + 1) * width;
        if (_cost.Length < needed)
            (_cost, _choice) = (new double[needed], new int[needed]);
        _cost.AsSpan(0, width).Fill(double.PositiveInfinity);
        _cost[0] = 0;
        for (var index = 0; index < _items.Count; index++)
        {
            var before = _cost.AsSpan(index * width, width);
            var after = _cost.AsSpan((index + 1) * width, width);
            var choice = _choice.AsSpan((index + 1) * width, width);
            before.CopyTo(after);
            choice.Clear();
            var item = _items[index];
            var perLayer = weight * item.SlotPerLayer;
            var price = prices[item.Type] + weight * item.SlotFixed;
            for (var devices = 0; devices <= _least; devices++)
            {
                var more = devices < _least ? 1 : 0;
                var (to, mark) = ((devices + more) * plane, more << 18);
                var from = before.Slice(devices * plane, plane);
                for (var state = 0; state < plane; state++)
                {
                    if (double.IsPositiveInfinity(from[state]))
                        continue;
                    var cost = from[state] + price;
                    Reach(after[to..], choice[to..], state, item.Inner, 0, mark, cost, perLayer);
                    if ((state & First) == 0)
                        Reach(after[to..], choice[to..], state, item.First, First, mark, cost, perLayer);
                    if ((state & Last) == 0)
                        Reach(after[to..], choice[to..], state, item.Last, Last, mark, cost + weight * item.SlotHead, perLayer);
                }
            }
        }
        return _cost[_items.Count * width + width - 1];
    }

    // Where layers cost nothing, as many as fit are taken, and an end stage may find none left: its one layer comes from a stage that has
    // more than one. Where they cost, every number is tried. The mark says whether the device is one more than before.
    private void Reach(Span<double> after, Span<int> choices, int state, int most, int flag, int mark, double cost, double perLayer)
    {
        if (most < 1)
            return;
        most = Math.Min(most, _layers - (state >> 2));
        for (var layers = perLayer == 0 ? most : 1; layers <= most; layers++)
        {
            var next = state + (layers << 2) | flag;
            if (cost + layers * perLayer < after[next])
                (after[next], choices[next]) = (cost + layers * perLayer, mark | layers << 2 | flag);
        }
    }

    private void SetItems(RoleCosts costs, double seconds, ReadOnlySpan<int> counts)
    {
        _items.Clear();
        _longestSlotHop = 0;
        var capacities = costs.Capacities;
        for (var type = 0; type < counts.Length; type++)
        {
            if (counts[type] == 0)
                continue;
            var device = deviceOfType[type];
            var hop = costs.LeastHop(device);
            if (seconds < hop.Busy)
                continue;
            var cost = costs.Busy[device];
            var room = (seconds - cost.FixedSeconds) / cost.SecondsPerWork;
            var inner = Math.Min(Math.Min(capacities.Inner[device], costs.KvLayersWithin(device, seconds)), capacities.WithinWork(room));
            if (inner < 1)
                continue;
            var first = Math.Min(inner, capacities.First[device]);
            var last = Math.Min(Math.Min(inner, capacities.Last[device]), capacities.WithinWork(room - cost.HeadSeconds / cost.SecondsPerWork));
            var slot = costs.Slot[device];
            // Fewer layers each may make more devices of a type worth while, but never more devices than layers.
            _longestSlotHop = Math.Max(_longestSlotHop, hop.Slot);
            var copies = Math.Min(counts[type], _layers);
            for (var copy = 0; copy < copies; copy++)
                _items.Add(new Item(type, inner, first, last, slot.FixedSeconds + hop.Slot, slot.SecondsPerWork, slot.HeadSeconds));
        }
    }
}
