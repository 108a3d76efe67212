using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Loading;
using E2LLM.Inference.Models;

namespace E2LLM.Inference.Profiling;

/// <summary>
/// Times the real engine on two middle layers of the model, and on the last ones for the head; about a second for a model of a billion
/// weights. Devices of this machine with the same number of threads are timed once; a slowdown factor multiplies the figures.
/// </summary>
public sealed class LlamaDeviceProfiler : IDeviceProfiler
{
    // Two measurements at once would each see the other.
    private static readonly SemaphoreSlim OneAtATime = new(1);

    private static readonly EngineSettings Settings = new()
    {
        KvCells = 1024, MaxSequences = 16, MaxStepTokens = 256, MaxSequenceTokens = 512,
    };

    private readonly ModelCatalog _catalog;
    private readonly LlamaStageEngineFactory _engines;
    private readonly SharedLoads<(string ModelId, int Threads), HostTimes> _times;

    /// <param name="catalog">The models that can be asked for.</param>
    /// <param name="engines">Loads the layers that are timed.</param>
    public LlamaDeviceProfiler(ModelCatalog catalog, LlamaStageEngineFactory engines)
    {
        (_catalog, _engines) = (catalog, engines);
        _times = new(key => MeasureAsync(key.ModelId, key.Threads));
    }

    /// <exception cref="E2LlmException">The model is unknown or the engine cannot load.</exception>
    public async Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(device);
        var times = await _times.GetAsync((modelId, device.Threads), cancellationToken).ConfigureAwait(false);
        return times.For(device, modelId, device.SlowdownFactor == 1 ? ProfileSource.Measured : ProfileSource.Emulated) with { Runtime = _engines.RuntimeName };
    }

    private async Task<HostTimes> MeasureAsync(string modelId, int threads)
    {
        await OneAtATime.WaitAsync().ConfigureAwait(false);
        try
        {
            return await MeasureAloneAsync(modelId, threads).ConfigureAwait(false);
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private async Task<HostTimes> MeasureAloneAsync(string modelId, int threads)
    {
        var (model, _) = _catalog.Get(modelId);
        var total = model.LayerCount;
        // Two in the middle, or a whole period of layers that must not be cut.
        var period = model.CutPeriodLayers;
        var layers = Math.Min(Math.Max(2, period), total);
        var first = (total - layers) / 2 / period * period;
        var call = 0.0;
        var chunks = ProfilePoints.ChunkTokens.Where(chunk => chunk <= model.ContextLengthTokens).ToArray();
        var seconds = new Dictionary<(int Sequences, int Rows, int Context), double>();
        await using (var engine = await LoadAsync(first, layers).ConfigureAwait(false))
        {
            var timer = new StepTimer(engine);
            foreach (var chunk in chunks)
                seconds[(1, chunk, 0)] = await timer.MeasureAsync(1, chunk, 0, CancellationToken.None).ConfigureAwait(false);
            foreach (var batch in ProfilePoints.BatchSequences)
                seconds[(batch, 1, ProfilePoints.ContextTokens)] =
                    await timer.MeasureAsync(batch, 1, ProfilePoints.ContextTokens, CancellationToken.None).ConfigureAwait(false);
        }
        var decode = seconds[(1, 1, ProfilePoints.ContextTokens)];
        // One layer alone tells a call's fixed cost from the layers'.
        if (layers >= 2)
        {
            var oneLayer = await TimeDecodeAsync(first, 1).ConfigureAwait(false);
            // On a busy machine any of the times may be far off; the smallest step leaves its layers something all the same.
            call = Math.Clamp((layers * oneLayer - decode) / (layers - 1), 0, seconds.Values.Min() / 2);
        }
        // Without layers before them, the last layers are the ones that were timed, and the head's share cannot be told from theirs.
        var tail = period == 1 ? total - layers : (total - 1) / period * period;
        var head = total > layers ? await TimeHeadAsync(tail, total - tail).ConfigureAwait(false) : [];
        return new HostTimes(
            [.. chunks.Select(chunk => new PrefillPoint(chunk, PerLayer(seconds[(1, chunk, 0)])))],
            [
                .. ProfilePoints.BatchSequences.Select(batch => new DecodePoint(
                    batch, ProfilePoints.ContextTokens, PerLayer(seconds[(batch, 1, ProfilePoints.ContextTokens)]))),
            ],
            call, head);

        double PerLayer(double stepSeconds) => (stepSeconds - call) / layers;

        // What the last layers take longer than as many in the middle, by rows. More rows never take less: a smaller time is noise.
        async Task<ImmutableArray<HeadPoint>> TimeHeadAsync(int firstLayer, int layerCount)
        {
            await using var engine = await LoadAsync(firstLayer, layerCount).ConfigureAwait(false);
            var timer = new StepTimer(engine);
            var points = ImmutableArray.CreateBuilder<HeadPoint>();
            foreach (var batch in ProfilePoints.BatchSequences)
            {
                var step = await timer.MeasureAsync(batch, 1, ProfilePoints.ContextTokens, CancellationToken.None).ConfigureAwait(false);
                var alone = step - call - PerLayer(seconds[(batch, 1, ProfilePoints.ContextTokens)]) * layerCount;
                points.Add(new HeadPoint(batch, Math.Max(points.Count == 0 ? 0 : points[^1].Seconds, alone)));
            }
            return points.ToImmutable();
        }

        async Task<double> TimeDecodeAsync(int firstLayer, int layerCount)
        {
            await using var engine = await LoadAsync(firstLayer, layerCount).ConfigureAwait(false);
            var timer = new StepTimer(engine);
            return await timer.MeasureAsync(1, 1, ProfilePoints.ContextTokens, CancellationToken.None).ConfigureAwait(false);
        }

        Task<LlamaStageEngine> LoadAsync(int firstLayer, int layerCount) => _engines.LoadAsync(
            new StageEngineSpec
            {
                ModelId = modelId,
                // It stands for all devices with so many threads, so errors name none. Also a device that cannot hold this much gets its profile; that it is too small is for the planner to say.
                Device = new DeviceSpec { Id = "", MemoryBytes = long.MaxValue, Threads = threads },
                FirstLayer = firstLayer,
                LayerCount = layerCount,
                Settings = Settings with { MaxSequenceTokens = Math.Min(Settings.MaxSequenceTokens, model.ContextLengthTokens) },
            },
            CancellationToken.None);
    }
}
