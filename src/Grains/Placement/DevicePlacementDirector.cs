using E2LLM.Core.Errors;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace E2LLM.Grains.Placement;

/// <summary>Finds the live silo whose metadata lists the device. Fails at once, and by name, where there is none.</summary>
public sealed class DevicePlacementDirector(ISiloMetadataCache metadata, ILocalSiloDetails local) : IPlacementDirector
{
    /// <summary>Silo metadata: the ids of the devices that the silo hosts, separated by commas.</summary>
    public const string DevicesMetadataKey = "e2llm.devices";

    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var device = DeviceKey.DeviceOf(target.GrainIdentity.Key.ToString()!);
        var silos = context.GetCompatibleSilos(target);
        // This silo first: its own metadata is there from the start, and a call within a silo is the cheapest.
        foreach (var silo in silos.OrderByDescending(silo => silo.Equals(local.SiloAddress)))
        {
            if (metadata.GetSiloMetadata(silo).Metadata.TryGetValue(DevicesMetadataKey, out var devices)
                && devices.Split(',').Contains(device))
                return Task.FromResult(silo);
        }
        throw new DeviceUnavailableException(
            $"No live silo hosts device '{device}'. Start the silo whose fleet file names it, or apply a fleet without it.");
    }
}
