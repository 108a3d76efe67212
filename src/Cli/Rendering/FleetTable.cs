using E2LLM.Core.Fleets;
using Spectre.Console;

namespace E2LLM.Cli.Rendering;

/// <summary>The devices, as described and as timed.</summary>
internal static class FleetTable
{
    public static Table Create(FleetSpec fleet, IReadOnlyList<DeviceProfile> profiles)
    {
        var table = new Table().Title($"Fleet {Markup.Escape(fleet.Name)}").RoundedBorder();
        table.AddColumns("device", "what", "memory", "threads", "slowdown", "decode / layer", "prefill / layer", "times are");
        foreach (var column in table.Columns.Skip(2).Take(5))
            column.RightAligned();
        foreach (var device in fleet.Devices)
        {
            var profile = profiles.FirstOrDefault(profile => profile.DeviceId == device.Id);
            table.AddRow(
                Markup.Escape(device.Id),
                Markup.Escape(device.Description),
                Units.Bytes(device.MemoryBytes),
                $"{device.Threads}",
                $"{device.SlowdownFactor:0.##}x",
                profile is null ? "-" : Units.Seconds(profile.Decode[0].SecondsPerLayer),
                profile is null ? "-" : $"{Units.Seconds(profile.Prefill[^1].SecondsPerLayer)} for {profile.Prefill[^1].ChunkTokens}",
                profile is null ? "-" : $"{profile.Source}".ToLowerInvariant());
        }
        return table;
    }
}
