using E2LLM.Cli.Rendering;
using E2LLM.Grains.Interfaces.Fleets;
using Spectre.Console;

namespace E2LLM.Cli.Devices;

/// <summary>The devices of a fleet.</summary>
internal static class DeviceTable
{
    public static Table Create(FleetStatus status)
    {
        var table = new Table().Title("Devices").RoundedBorder();
        table.AddColumns("device", "silo", "state", "heard of", "memory", "threads", "description");
        foreach (var device in status.Devices)
            table.AddRow(
                Markup.Escape(device.Spec.Id),
                Markup.Escape(device.Silo),
                device.State.ToString().ToLowerInvariant(),
                double.IsFinite(device.SilentSeconds) ? $"{Units.Seconds(device.SilentSeconds)} ago" : "not since the start",
                Units.Bytes(device.Spec.MemoryBytes),
                $"{device.Spec.Threads}",
                Markup.Escape(device.Spec.Description));
        return table;
    }
}
