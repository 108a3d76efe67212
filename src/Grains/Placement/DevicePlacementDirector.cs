using E2LLM.Core.Errors;
using E2LLM.Grains.Devices;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace E2LLM.Grains.Placement;

/// <summary>Finds the live silo whose metadata lists the device. Fails at once, and by name, where there is none.</summary>
public sealed class DevicePlacementDirector(ISiloMetadataCache metadata, ILocalSiloDetails local, LocalDevices devices) : IPlacementDirector
{
    /// <summary>Silo metadata: the ids of the devices that the silo hosts, separated by commas.</summary>
    public const string DevicesMetadataKey = "e2llm.devices";

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var device = DeviceKey.DeviceOf(target.GrainIdentity.Key.ToString()!);
        var silos = context.GetCompatibleSilos(target);
        // This silo first: a call within a silo is the cheapest. It is asked directly, as the cache hears of its metadata only some time
        // after the silo takes calls.
        foreach (var silo in silos.OrderByDescending(silo => silo.Equals(local.SiloAddress)))
        {
            if (Hosts(silo, device))
                return Task.FromResult(silo);
        }
        throw new DeviceUnavailableException(
            $"No live silo hosts device '{device}'. Start the silo whose fleet file names it, or apply a fleet without it.");
    }

    private bool Hosts(SiloAddress silo, string device) => silo.Equals(local.SiloAddress)
        ? devices.Find(device) is not null
        : metadata.GetSiloMetadata(silo).Metadata.TryGetValue(DevicesMetadataKey, out var ids) && ids.Split(',').Contains(device);
}
