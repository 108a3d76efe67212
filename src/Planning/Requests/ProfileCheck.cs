using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Requests;

/// <summary>Checks the measured times: one profile for each device, tables in order, every figure finite and positive.</summary>
internal static class ProfileCheck
{
    private const double MaxSeconds = 1e6;

    public static void Check(PlanRequest request, FaultList faults)
    {
        var profiles = request.Profiles.IsDefault ? [] : request.Profiles;
        var devices = request.Fleet.Devices.IsDefault ? [] : request.Fleet.Devices;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var ids = devices.Select(device => device.Id).ToHashSet();
        for (var index = 0; index < profiles.Length; index++)
        {
            var profile = profiles[index];
            var key = $"profiles[{index}] ({profile.DeviceId})";
            faults.Require(ids.Contains(profile.DeviceId), $"{key}.deviceId", profile.DeviceId, "a device of the fleet");
            faults.Require(seen.Add(profile.DeviceId), $"{key}.deviceId", profile.DeviceId, "one profile for a device");
            faults.Require(profile.ModelId == request.Model.Id, $"{key}.modelId", profile.ModelId, $"'{request.Model.Id}', the model that is planned");
            faults.Require(profile.MemoryBytes > 0, $"{key}.memoryBytes", profile.MemoryBytes, "above 0");
            faults.Require(profile.CallSeconds is >= 0 and <= MaxSeconds, $"{key}.callSeconds", profile.CallSeconds, "0 to 1e6 s");
            faults.Require(profile.HeadSeconds is >= 0 and <= MaxSeconds, $"{key}.headSeconds", profile.HeadSeconds, "0 to 1e6 s");
            CheckHead(profile, key, faults);
            CheckPrefill(profile, key, faults);
            CheckDecode(profile.Decode, $"{key}.decode", faults);
            CheckKvTypes(profile, key, faults);
        }
        foreach (var device in devices)
            faults.Require(seen.Contains(device.Id), $"profiles ({device.Id})", "none", "one profile for each device of the fleet");
    }

    private static void CheckHead(DeviceProfile profile, string key, FaultList faults)
    {
        var points = profile.Head.IsDefault ? [] : profile.Head;
        for (var index = 0; index < points.Length; index++)
        {
            var (rows, seconds) = points[index];
            faults.Require(rows > 0, $"{key}.head[{index}].rows", rows, "at least 1");
            faults.Require(index == 0 || rows > points[index - 1].Rows, $"{key}.head[{index}].rows", rows, "ascending");
            faults.Require(seconds is >= 0 and <= MaxSeconds, $"{key}.head[{index}].seconds", seconds, "0 to 1e6 s");
        }
    }

    private static void CheckPrefill(DeviceProfile profile, string key, FaultList faults)
    {
        var points = profile.Prefill.IsDefault ? [] : profile.Prefill;
        faults.Require(points.Length > 0, $"{key}.prefill", "empty", "at least one point");
        for (var index = 0; index < points.Length; index++)
        {
            var (tokens, seconds) = points[index];
            faults.Require(tokens > 0, $"{key}.prefill[{index}].chunkTokens", tokens, "at least 1");
            faults.Require(
                index == 0 || tokens > points[index - 1].ChunkTokens, $"{key}.prefill[{index}].chunkTokens", tokens, "ascending");
            faults.Require(seconds is > 0 and <= MaxSeconds, $"{key}.prefill[{index}].secondsPerLayer", seconds, "above 0 to 1e6 s");
        }
    }

    private static void CheckKvTypes(DeviceProfile profile, string key, FaultList faults)
    {
        var types = profile.DecodeByKvType.IsDefault ? [] : profile.DecodeByKvType;
        for (var index = 0; index < types.Length; index++)
        {
            var type = types[index].KvType;
            faults.Require(types.Count(decode => decode.KvType == type) == 1, $"{key}.decodeByKvType[{index}].kvType", type, "one entry for a type");
            CheckDecode(types[index].Points, $"{key}.decodeByKvType[{index}].points", faults);
        }
    }

    private static void CheckDecode(ImmutableArray<DecodePoint> measured, string key, FaultList faults)
    {
        var points = measured.IsDefault ? [] : measured;
        faults.Require(points.Length > 0, key, "empty", "at least one point");
        var seen = new HashSet<(int, int)>();
        for (var index = 0; index < points.Length; index++)
        {
            var (batch, context, seconds) = points[index];
            faults.Require(batch > 0, $"{key}[{index}].batchSequences", batch, "at least 1");
            faults.Require(context >= 0, $"{key}[{index}].contextTokens", context, "0 or more");
            faults.Require(seen.Add((batch, context)), $"{key}[{index}]", $"batch {batch}, context {context}", "one point for a batch and context");
            faults.Require(seconds is > 0 and <= MaxSeconds, $"{key}[{index}].secondsPerLayer", seconds, "above 0 to 1e6 s");
        }
    }
}
