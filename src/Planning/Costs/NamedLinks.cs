using E2LLM.Core.Fleets;

namespace E2LLM.Planning.Costs;

/// <summary>The links of a fleet that are not the default, by number, and those of each device. Read-only.</summary>
internal sealed class NamedLinks
{
    private readonly Dictionary<(int From, int To), int> _numbers = [];
    private readonly (int Other, int Number)[][] _out;
    private readonly (int Other, int Number)[][] _in;

    public NamedLinks(IEnumerable<(int From, int To, LinkSpec Link)> links, int devices)
    {
        var all = links.ToArray();
        Links = [.. all.Select(entry => entry.Link)];
        Pairs = [.. all.Select(entry => (entry.From, entry.To))];
        for (var number = 0; number < all.Length; number++)
            _numbers.Add(Pairs[number], number);
        _out = ByDevice(devices, all.Select((entry, number) => (entry.From, entry.To, number)));
        _in = ByDevice(devices, all.Select((entry, number) => (entry.To, entry.From, number)));
    }

    public LinkSpec[] Links { get; }

    public (int From, int To)[] Pairs { get; }

    public int Count => Links.Length;

    /// <summary>The link's number; -1 where the pair has the default.</summary>
    public int Number(int from, int to) => Count == 0 ? -1 : _numbers.GetValueOrDefault((from, to), -1);

    /// <summary>The device's named links to others.</summary>
    public (int Other, int Number)[] Out(int device) => _out[device];

    /// <summary>Named links from others to the device.</summary>
    public (int Other, int Number)[] In(int device) => _in[device];

    public bool Touch(int device) => _out[device].Length + _in[device].Length > 0;

    /// <summary>
    /// Whether all links stay what they are where two devices change places: neither has a named one, or each has the same to and from every
    /// third, as those of one machine have. Devices that are alike to a third are alike to each other.
    /// </summary>
    public bool AreAlike(int one, int other)
    {
        if (!Touch(one) && !Touch(other))
            return true;
        return _out[one].Length == _out[other].Length && _in[one].Length == _in[other].Length
            && IsSame(Number(one, other), Number(other, one))
            && Array.TrueForAll(_out[one], link => link.Other == other || IsSame(link.Number, Number(other, link.Other)))
            && Array.TrueForAll(_in[one], link => link.Other == other || IsSame(link.Number, Number(link.Other, other)));
    }

    /// <summary>Whether a link between two of the devices is named.</summary>
    public bool AnyWithin(ReadOnlySpan<int> devices)
    {
        if (Count == 0)
            return false;
        foreach (var device in devices)
            foreach (var (other, _) in _out[device])
                if (devices.Contains(other))
                    return true;
        return false;
    }

    /// <summary>In what a planner reads of them; a link that is not named is like no other that is.</summary>
    private bool IsSame(int one, int other) => one < 0 || other < 0
        ? one == other
        : (Links[one].BandwidthBytesPerSecond, Links[one].LatencySeconds) == (Links[other].BandwidthBytesPerSecond, Links[other].LatencySeconds);

    private static (int, int)[][] ByDevice(int devices, IEnumerable<(int Device, int Other, int Number)> links)
    {
        var lists = new List<(int, int)>?[devices];
        foreach (var (device, other, number) in links)
            (lists[device] ??= []).Add((other, number));
        return [.. lists.Select(list => list?.ToArray() ?? [])];
    }
}
