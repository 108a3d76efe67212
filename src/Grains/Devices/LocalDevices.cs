using System.Collections.Frozen;
using E2LLM.Core.Fleets;

namespace E2LLM.Grains.Devices;

/// <summary>The devices that this silo hosts, by id.</summary>
public sealed class LocalDevices(IEnumerable<DeviceSpec> devices)
{
    private readonly FrozenDictionary<string, DeviceSpec> _devices = devices.ToFrozenDictionary(device => device.Id);

    public IReadOnlyCollection<string> Ids => _devices.Keys;

    public DeviceSpec? Find(string deviceId) => _devices.GetValueOrDefault(deviceId);
}
