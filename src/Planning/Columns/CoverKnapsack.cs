using E2LLM.Planning.Costs;

namespace E2LLM.Planning.Columns;

/// <summary>
/// The cheapest group that holds the model with every stage within a given time: a covering knapsack over layers, in which one device
/// is the first stage and another the last. Not thread-safe.
/// </summary>
internal sealed class CoverKnapsack(ServingCosts serving, int[] deviceOfType)
{
    private const int First = 1;
    private const int Last = 2;
    private const int Both = First | Last;

    private readonly int _layers = serving.Fleet.LayerCount;
    private readonly List<(int Type, int Inner, int First, int Last)> _items = [];
    private double[] _cost = [];
    private byte[] _choice = [];

    /// <summary>Devices of two or more; positive infinity where none covers the model.</summary>
    /// <param name="costs">Role and micro-batch size.</param>
    /// <param name="seconds">Limit of each stage and hop; infinite: memory alone limits.</param>
    /// <param name="prices">Cost of a device, by type.</param>
    /// <param name="counts">Devices that there are, by type.</param>
    public double Solve(RoleCosts costs, double seconds, ReadOnlySpan<double> prices, ReadOnlySpan<int> counts)
    {
        Items(costs, seconds, counts);
        var width = (_layers + 1) * 4;
        var needed = (_items.Count + 1) * width;
        if (_cost.Length < needed)
            (_cost, _choice) = (new double[needed], new byte[needed]);
        _cost.AsSpan(0, width).Fill(double.PositiveInfinity);
        _cost[0] = 0;
        for (var item = 0; item < _items.Count; item++)
        {
            var before = _cost.AsSpan(item * width, width);
            var after = _cost.AsSpan((item + 1) * width, width);
            var choice = _choice.AsSpan((item + 1) * width, width);
            before.CopyTo(after);
            choice.Clear();
            var (type, inner, first, last) = _items[item];
            var price = prices[type];
            for (var state = 0; state < width; state++)
            {
                if (double.IsPositiveInfinity(before[state]))
                    continue;
                var cost = before[state] + price;
                var (covered, flags) = (state >> 2, state & 3);
                Reach(after, choice, covered + inner, flags, cost, 1);
                if ((flags & First) == 0 && first > 0)
                    Reach(after, choice, covered + first, flags | First, cost, 2);
                if ((flags & Last) == 0 && last > 0)
                    Reach(after, choice, covered + last, flags | Last, cost, 3);
            }
        }
        return _cost[_items.Count * width + (_layers << 2 | Both)];
    }

    /// <summary>The devices of the last solution, by type.</summary>
    public (int Type, int Count)[] Solution()
    {
        var width = (_layers + 1) * 4;
        var taken = new SortedDictionary<int, int>();
        var state = _layers << 2 | Both;
        for (var item = _items.Count; item > 0; item--)
        {
            // The state before is found by its cost, because coverage beyond the model is cut off.
            var choice = _choice[item * width + state];
            if (choice == 0)
                continue;
            var (type, inner, first, last) = _items[item - 1];
            taken[type] = taken.GetValueOrDefault(type) + 1;
            state = Before(item, state, choice switch { 1 => inner, 2 => first, _ => last }, choice switch { 1 => 0, 2 => First, _ => Last });
        }
        return [.. taken.Select(entry => (entry.Key, entry.Value))];
    }

    private int Before(int item, int state, int layers, int flag)
    {
        var width = (_layers + 1) * 4;
        var (covered, flags) = (state >> 2, state & 3 & ~flag);
        if (covered < _layers)
            return covered - layers << 2 | flags;
        // At the top any coverage from L - layers on leads here: the cheapest did.
        var (best, least) = (-1, double.PositiveInfinity);
        for (var from = Math.Max(0, _layers - layers); from <= _layers; from++)
            if (_cost[(item - 1) * width + (from << 2 | flags)] is var cost && cost < least)
                (best, least) = (from << 2 | flags, cost);
        return best;
    }

    private void Reach(Span<double> after, Span<byte> choices, int covered, int flags, double cost, byte choice)
    {
        var state = Math.Min(covered, _layers) << 2 | flags;
        if (cost < after[state])
            (after[state], choices[state]) = (cost, choice);
    }

    private void Items(RoleCosts costs, double seconds, ReadOnlySpan<int> counts)
    {
        _items.Clear();
        var capacities = serving.Capacities;
        for (var type = 0; type < counts.Length; type++)
        {
            var device = deviceOfType[type];
            var cost = costs.Busy[device];
            var room = (seconds - cost.FixedSeconds) / cost.SecondsPerWork;
            var inner = Math.Min(capacities.Inner[device], capacities.WithinWork(room));
            if (inner < 1)
                continue;
            var first = Math.Min(inner, capacities.First[device]);
            var last = Math.Min(Math.Min(inner, capacities.Last[device]), capacities.WithinWork(room - cost.HeadSeconds / cost.SecondsPerWork));
            // More of a type than cover the model are never needed, but for the two ends, which may hold less.
            var copies = Math.Min(counts[type], (_layers + inner - 1) / inner + 2);
            for (var copy = 0; copy < copies; copy++)
                _items.Add((type, inner, first, last));
        }
    }
}
