using E2LLM.Benchmarks.Fog;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Profiling;

namespace E2LLM.Benchmarks.PlannedSteps;

/// <summary>The product's profiler, asked anew for as long as other processes disturb it: what is looked at is the method, not the moment.</summary>
internal sealed class QuietProfiler(BenchmarkModel model) : IDeviceProfiler
{
    private const int MostAttempts = 4;

    private LlamaDeviceProfiler? _profiler;

    /// <summary>Processors that others used while the profile was taken that counts.</summary>
    public double ForeignProcessors { get; private set; } = double.PositiveInfinity;

    public async Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken)
    {
        for (var attempt = 0; _profiler is null || (attempt < MostAttempts && ForeignProcessors > ForeignLoad.MostProcessors); attempt++)
        {
            var (load, profiler) = (new ForeignLoad(), new LlamaDeviceProfiler(model.Catalog, model.Engines));
            await profiler.ProfileAsync(device, modelId, cancellationToken);
            if (load.Processors() is var foreign && foreign < ForeignProcessors)
                (_profiler, ForeignProcessors) = (profiler, foreign);
        }
        return await _profiler.ProfileAsync(device, modelId, cancellationToken);
    }
}
