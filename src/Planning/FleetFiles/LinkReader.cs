using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Planning.Requests;

namespace E2LLM.Planning.FleetFiles;

/// <summary>Reads the links of a fleet file: pairs, one-way pairs, and "*" for all links of a device (its Wi-Fi, its uplink).</summary>
/// <remarks>A named pair wins over "*". Between two devices that both have "*", the slower figures hold: data passes both.</remarks>
internal static class LinkReader
{
    private const string Everyone = "*";

    public static ImmutableArray<LinkSpec> Read(JsonNodeReader root, ImmutableArray<DeviceSpec> devices, FaultList faults)
    {
        var ids = devices.Select(device => device.Id).Where(id => id.Length > 0).ToHashSet(StringComparer.Ordinal);
        var named = new Dictionary<(string From, string To), LinkSpec>();
        var wide = new Dictionary<(string From, string To), LinkSpec>();
        var everyone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reader in root.Objects("links", required: false))
        {
            var from = reader.Text("from", "a device of the fleet", null, ids.Contains);
            var to = reader.Text("to", "a device of the fleet, or \"*\" for all others", null, id => id == Everyone || ids.Contains(id));
            var oneWay = reader.Flag("oneWay", false);
            var figures = LinkFigures.Read(reader);
            reader.RejectUnknown();
            if (from.Length == 0 || to.Length == 0)
                continue;
            if (from == to)
            {
                faults.Require(false, reader.Key("to"), to, "another device than from");
                continue;
            }
            if (to == Everyone)
            {
                faults.Require(everyone.Add(from), reader.Key("from"), from, "a device without another \"*\" entry: two would contradict each other");
                foreach (var other in ids.Where(id => id != from).Order(StringComparer.Ordinal))
                    foreach (var (a, b) in Directions(from, other, oneWay))
                        wide[(a, b)] = Slower(wide.GetValueOrDefault((a, b)), Link(a, b, figures));
                continue;
            }
            foreach (var (a, b) in Directions(from, to, oneWay))
                if (!named.TryAdd((a, b), Link(a, b, figures)))
                    faults.Add(
                        $"{reader.Key("to")} is '{to}', but an earlier entry has the direction from '{a}' to '{b}' already: two would contradict each other");
        }
        foreach (var (pair, link) in wide)
            named.TryAdd(pair, link);
        return
        [
            .. named.OrderBy(pair => pair.Key.From, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.To, StringComparer.Ordinal)
                .Select(pair => pair.Value),
        ];
    }

    private static IEnumerable<(string From, string To)> Directions(string from, string to, bool oneWay) =>
        oneWay ? [(from, to)] : [(from, to), (to, from)];

    private static LinkSpec Link(string from, string to, LinkFigures figures) => new()
    {
        From = from,
        To = to,
        BandwidthBytesPerSecond = figures.BandwidthBytesPerSecond,
        LatencySeconds = figures.LatencySeconds,
        LossShare = figures.LossShare,
    };

    private static LinkSpec Slower(LinkSpec? left, LinkSpec right) => left is null ? right : right with
    {
        BandwidthBytesPerSecond = Math.Min(left.BandwidthBytesPerSecond, right.BandwidthBytesPerSecond),
        LatencySeconds = Math.Max(left.LatencySeconds, right.LatencySeconds),
        LossShare = Math.Max(left.LossShare, right.LossShare),
    };
}
