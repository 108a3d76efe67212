using E2LLM.Core.Fleets;

namespace E2LLM.Core.Engines;

/// <summary>Times a device of this machine on the layers of a model.</summary>
public interface IDeviceProfiler
{
    /// <exception cref="Errors.E2LlmException">The model is unknown or the engine cannot load.</exception>
    Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken);
}
