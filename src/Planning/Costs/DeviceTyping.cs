using System.Globalization;
using E2LLM.Core.Fleets;

namespace E2LLM.Planning.Costs;

/// <summary>Finds devices that are alike in every figure the planner reads, in their links as well or all but those.</summary>
internal static class DeviceTyping
{
    public static int[] Types(FleetCosts costs, bool byLinks)
    {
        var types = new int[costs.DeviceCount];
        var count = 0;
        // Of each kind, a device of each type so far.
        var known = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var device = 0; device < types.Length; device++)
        {
            var key = Key(costs, device);
            if (!known.TryGetValue(key, out var first))
                known[key] = first = [];
            var alike = byLinks ? first.FindIndex(other => costs.Named.AreAlike(device, other)) : first.Count - 1;
            if (alike < 0)
                first.Add(device);
            types[device] = alike < 0 ? count++ : types[first[alike]];
        }
        return types;
    }

    private static string Key(FleetCosts costs, int device)
    {
        var profile = costs.Profile(device);
        return string.Create(CultureInfo.InvariantCulture, $"{costs.MayHoldEnds(device)}/{costs.MemoryBytes[device]}/{profile.CallSeconds:R}/{profile.HeadSeconds:R}/")
            + string.Join(';', profile.Prefill.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.ChunkTokens}:{point.SecondsPerLayer:R}")))
            + '/'
            + Decode(profile.Decode)
            + '/'
            + string.Join('/', (profile.DecodeByKvType.IsDefault ? [] : profile.DecodeByKvType).Select(decode => $"{decode.KvType}:{Decode(decode.Points)}"))
            + '/'
            + string.Join(';', (profile.Head.IsDefault ? [] : profile.Head).Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.Rows}:{point.Seconds:R}")));
    }

    private static string Decode(IEnumerable<DecodePoint> points) => string.Join(';', points.Select(point => string.Create(
        CultureInfo.InvariantCulture, $"{point.BatchSequences}:{point.ContextTokens}:{point.SecondsPerLayer:R}")));
}
