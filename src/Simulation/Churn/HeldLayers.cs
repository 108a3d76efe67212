using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Simulation.Churn;

/// <summary>Which layers each device has on its disc, and what it takes to bring others there.</summary>
/// <remarks>
/// A layer comes from whoever of those that are there has it and is connected best, and where nobody has it over the fleet's default link. A
/// device takes its layers in one after the other, all devices at once; a sender serves several without getting slower.
/// </remarks>
internal sealed class HeldLayers(ModelSpec model, FleetSpec fleet, double diskBytesPerSecond)
{
    private readonly Dictionary<string, bool[]> _held = fleet.Devices.ToDictionary(device => device.Id, _ => new bool[model.LayerCount], StringComparer.Ordinal);

    /// <summary>The devices of a replica have got their layers.</summary>
    public void Hold(ReplicaPlan replica)
    {
        foreach (var stage in replica.Stages)
            _held[stage.DeviceId].AsSpan(stage.FirstLayer, stage.LayerCount).Fill(true);
    }

    /// <summary>What loading a replica takes.</summary>
    /// <param name="replica">None of whose stages is loaded.</param>
    /// <param name="present">Ids of the devices that are there.</param>
    /// <returns>Seconds until its slowest device is through, and the bytes that travel to all of them.</returns>
    public (double Seconds, double Bytes) Load(ReplicaPlan replica, IReadOnlySet<string> present)
    {
        var (slowest, moved) = (0.0, 0.0);
        foreach (var stage in replica.Stages)
        {
            var seconds = 0.0;
            for (var layer = stage.FirstLayer; layer < stage.EndLayer; layer++)
            {
                var bytes = Bytes(layer);
                if (_held[stage.DeviceId][layer])
                {
                    seconds += bytes / diskBytesPerSecond;
                    continue;
                }
                seconds += bytes / Bandwidth(layer, stage.DeviceId, present);
                moved += bytes;
            }
            slowest = Math.Max(slowest, seconds);
        }
        return (slowest, moved);
    }

    private double Bandwidth(int layer, string to, IReadOnlySet<string> present) => fleet.Devices
        .Where(from => from.Id != to && present.Contains(from.Id) && _held[from.Id][layer])
        .Select(from => fleet.Link(from.Id, to).BandwidthBytesPerSecond)
        .DefaultIfEmpty(fleet.DefaultBandwidthBytesPerSecond)
        .Max();

    private double Bytes(int layer) => model.LayerBytes[layer]
        + (layer == 0 ? model.EmbeddingBytes : 0)
        + (layer == model.LayerCount - 1 ? model.HeadBytes : 0);
}
