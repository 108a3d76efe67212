using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;

namespace E2LLM.Benchmarks.Fog;

/// <summary>Answers at once: the equal cut asks for no times.</summary>
internal sealed class NoProfiler : IDeviceProfiler
{
    public Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken) =>
        Task.FromResult(new DeviceProfile
        {
            DeviceId = device.Id,
            ModelId = modelId,
            Source = ProfileSource.Synthetic,
            MemoryBytes = device.MemoryBytes,
            Cores = 1,
            Prefill = [new(1, 1)],
            Decode = [new(1, 1, 1)],
        });
}
