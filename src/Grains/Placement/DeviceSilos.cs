using E2LLM.Core.Errors;
using E2LLM.Grains.Devices;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace E2LLM.Grains.Placement;

/// <summary>Which live silo hosts a device, by the metadata of the silos.</summary>
public sealed class DeviceSilos(ISiloMetadataCache metadata, ISiloStatusOracle silos, ILocalSiloDetails local, LocalDevices devices)
{
    /// <summary>Silo metadata: the ids of the devices that the silo hosts, separated by commas.</summary>
    public const string MetadataKey = "e2llm.devices";

    /// <summary>
    /// Fails where it is known that no live silo hosts a device. To be asked before a call to a grain on a device that may be gone: what the
    /// runtime finds out by itself it logs as a fault of its own. A silo that has yet to say what it hosts gets the benefit of the doubt.
    /// </summary>
    /// <exception cref="DeviceUnavailableException">There is none.</exception>
    public void Require(string deviceId)
    {
        if (silos.GetActiveSilos().All(silo => DevicesOf(silo) is { } hosted && !hosted.Contains(deviceId)))
            throw NoneHosts(deviceId);
    }

    /// <summary>All devices that live silos host; null while a silo has yet to say what it hosts.</summary>
    public IReadOnlySet<string>? Hosted()
    {
        var hosted = new HashSet<string>(StringComparer.Ordinal);
        foreach (var silo in silos.GetActiveSilos())
        {
            if (DevicesOf(silo) is not { } devices)
                return null;
            hosted.UnionWith(devices);
        }
        return hosted.Count == 0 ? null : hosted;
    }

    /// <summary>The silo of a device.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="among">Live silos.</param>
    /// <exception cref="DeviceUnavailableException">None of them hosts it.</exception>
    public SiloAddress Find(string deviceId, IEnumerable<SiloAddress> among)
    {
        // This silo first: a call within a silo is the cheapest. It is asked directly, as the cache hears of its metadata only some time
        // after the silo takes calls.
        foreach (var silo in among.OrderByDescending(silo => silo.Equals(local.SiloAddress)))
        {
            if (DevicesOf(silo)?.Contains(deviceId) == true)
                return silo;
        }
        throw NoneHosts(deviceId);
    }

    /// <summary>The live silo of a device as far as it is known; null where none has said that it hosts it.</summary>
    public SiloAddress? Find(string deviceId) => silos.GetActiveSilos().FirstOrDefault(silo => DevicesOf(silo)?.Contains(deviceId) == true);

    /// <summary>Null where the silo has yet to say.</summary>
    private IReadOnlyCollection<string>? DevicesOf(SiloAddress silo) =>
        silo.Equals(local.SiloAddress) ? devices.Ids
        : metadata.GetSiloMetadata(silo).Metadata.TryGetValue(MetadataKey, out var ids) ? ids.Split(',')
        : null;

    private static DeviceUnavailableException NoneHosts(string deviceId) =>
        new($"No live silo hosts device '{deviceId}'. Start the silo whose fleet file names it, or apply a fleet without it.");
}
