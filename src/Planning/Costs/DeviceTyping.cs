using System.Globalization;
using E2LLM.Core.Fleets;

namespace E2LLM.Planning.Costs;

/// <summary>Finds devices that are alike in every figure the planner reads, in their links as well or all but those.</summary>
internal static class DeviceTyping
{
    public static int[] Types(FleetCosts costs, bool byLinks)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var types = new int[costs.DeviceCount];
        for (var device = 0; device < types.Length; device++)
        {
            // A named link tells its two devices from all others.
            var key = byLinks && costs.Named.Touch(device) ? "named " + costs.DeviceId(device) : Key(costs, device);
            if (!numbers.TryGetValue(key, out types[device]))
                numbers[key] = types[device] = numbers.Count;
        }
        return types;
    }

    private static string Key(FleetCosts costs, int device)
    {
        var profile = costs.Profile(device);
        return string.Create(CultureInfo.InvariantCulture, $"{costs.MemoryBytes[device]}/{profile.CallSeconds:R}/{profile.HeadSeconds:R}/")
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
