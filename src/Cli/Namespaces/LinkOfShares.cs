using E2LLM.Core.Fleets;

namespace E2LLM.Cli.Namespaces;

/// <summary>The one link between two processes that host several devices each.</summary>
internal static class LinkOfShares
{
    /// <summary>The slowest of all between their devices: what is sent to one of a process comes over the same interface as what is sent to another.</summary>
    public static LinkSpec Between(FleetSpec fleet, IReadOnlyCollection<DeviceSpec> from, IReadOnlyCollection<DeviceSpec> to)
    {
        LinkSpec[] links = [.. from.SelectMany(sender => to.Select(receiver => fleet.Link(sender.Id, receiver.Id)))];
        return links[0] with
        {
            BandwidthBytesPerSecond = links.Min(link => link.BandwidthBytesPerSecond),
            LatencySeconds = links.Max(link => link.LatencySeconds),
            LossShare = links.Max(link => link.LossShare),
        };
    }
}
