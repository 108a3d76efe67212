namespace E2LLM.Planning.Costs;

/// <summary>Seconds of a request on every link of the fleet: the default one, and each that is named.</summary>
/// <remarks>
/// A group of which no two devices have a named link has the default on all hops, whatever else is named. Where some have, each device but the
/// last sends over the best of its links within the group at most, and each but the first receives over the best: one slow pair among many
/// devices changes nothing unless a group has no way around it.
/// </remarks>
internal sealed class HopCosts
{
    private readonly NamedLinks _named;
    private readonly (double Busy, double Slot) _default;
    private readonly (double Busy, double Slot)[] _byNumber;

    public HopCosts(NamedLinks named, (double Busy, double Slot) ofDefault, (double Busy, double Slot)[] byNumber) =>
        (_named, _default, _byNumber) = (named, ofDefault, byNumber);

    public (double Busy, double Slot) Of(int from, int to) => _named.Number(from, to) is var number && number < 0 ? _default : _byNumber[number];

    /// <summary>All kinds of links: of the default one first.</summary>
    public IEnumerable<(double Busy, double Slot)> All => _byNumber.Prepend(_default);

    /// <summary>The least of several, each times its own factor for the slots.</summary>
    public static HopCosts Least(IReadOnlyList<(HopCosts Hops, double SlotFactor)> all)
    {
        (double, double) Min(Func<HopCosts, (double Busy, double Slot)> of) => (all.Min(entry => of(entry.Hops).Busy), all.Min(entry => entry.SlotFactor * of(entry.Hops).Slot));
        var first = all[0].Hops;
        return new HopCosts(first._named, Min(hops => hops._default), [.. Enumerable.Range(0, first._byNumber.Length).Select(number => Min(hops => hops._byNumber[number]))]);
    }

    /// <summary>The least of a device within the whole fleet: to or from it, and the slot time of what it sends.</summary>
    public (double Busy, double Slot) LeastOf(int device, int devices)
    {
        var (sent, received) = (Least(_named.Out(device), devices - 1), Least(_named.In(device), devices - 1));
        return (Math.Min(sent.Busy, received.Busy), sent.Slot);
    }

    public GroupHops Within(ReadOnlySpan<int> devices)
    {
        var hops = devices.Length - 1;
        if (hops == 0)
            return default;
        if (!_named.AnyWithin(devices))
            return new GroupHops(_default.Busy, hops * _default.Slot);
        var (sent, received) = (new Sums(), new Sums());
        var either = 0.0;
        foreach (var device in devices)
        {
            var best = Least(_named.Out(device), devices);
            sent.Add(best);
            var (busy, slot) = Least(_named.In(device), devices);
            received.Add((busy, slot));
            either = Math.Max(either, Math.Min(best.Busy, busy));
        }
        return new GroupHops(Math.Max(either, Math.Max(sent.SecondBusy, received.SecondBusy)), Math.Max(sent.SlotButOne, received.SlotButOne));
    }

    private (double Busy, double Slot) Least((int Other, int Number)[] links, int others)
    {
        var least = links.Length < others ? _default : (double.PositiveInfinity, double.PositiveInfinity);
        foreach (var (_, number) in links)
            least = (Math.Min(least.Item1, _byNumber[number].Busy), Math.Min(least.Item2, _byNumber[number].Slot));
        return least;
    }

    private (double Busy, double Slot) Least((int Other, int Number)[] links, ReadOnlySpan<int> within)
    {
        if (links.Length == 0)
            return _default;
        var (busy, slot, named) = (double.PositiveInfinity, double.PositiveInfinity, 0);
        foreach (var (other, number) in links)
        {
            if (!within.Contains(other))
                continue;
            named++;
            (busy, slot) = (Math.Min(busy, _byNumber[number].Busy), Math.Min(slot, _byNumber[number].Slot));
        }
        return named < within.Length - 1 ? (Math.Min(busy, _default.Busy), Math.Min(slot, _default.Slot)) : (busy, slot);
    }

    /// <summary>One device of a group has no such hop: the one with the longest, at best.</summary>
    private struct Sums
    {
        private double _mostBusy;
        private double _mostSlot;
        private double _slot;

        public double SecondBusy { get; private set; }

        public readonly double SlotButOne => _slot - _mostSlot;

        public void Add((double Busy, double Slot) hop)
        {
            if (hop.Busy > _mostBusy)
                (SecondBusy, _mostBusy) = (_mostBusy, hop.Busy);
            else
                SecondBusy = Math.Max(SecondBusy, hop.Busy);
            _mostSlot = Math.Max(_mostSlot, hop.Slot);
            _slot += hop.Slot;
        }
    }
}
