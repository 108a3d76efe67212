using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Inference.Profiling;

namespace E2LLM.Inference.Synthetic;

/// <summary>The times that synthetic engines are set to.</summary>
/// <param name="catalog">Models from <see cref="SyntheticModel.Spec"/>.</param>
/// <param name="timing">The one given to the engines' factory.</param>
public sealed class SyntheticDeviceProfiler(IModelCatalog catalog, SyntheticTiming timing) : IDeviceProfiler
{
    public Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken)
    {
        if (catalog.Find(modelId) is null)
            throw new RequestRejectedException($"There is no model '{modelId}' here.");
        var times = new HostTimes(
            [.. ProfilePoints.ChunkTokens.Select(chunk => new PrefillPoint(chunk, timing.LayersSeconds(1, chunk)))],
            [
                .. ProfilePoints.BatchSequences.Select(
                    batch => new DecodePoint(batch, ProfilePoints.ContextTokens, timing.LayersSeconds(1, batch))),
            ],
            timing.CallSeconds,
            [.. ProfilePoints.BatchSequences.Select(rows => new HeadPoint(rows, rows * timing.HeadSeconds))]);
        return Task.FromResult(times.For(device, modelId, ProfileSource.Synthetic));
    }
}
