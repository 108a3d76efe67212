using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Loading;
using E2LLM.Inference.Models;

namespace E2LLM.Inference.Profiling;

/// <summary>
/// Times the real engine on two middle layers of the model, and on the last ones for the head; a few seconds for a model of a billion
/// weights. Devices of this machine with the same number of threads are timed once; a slowdown factor multiplies the figures.
/// </summary>
public sealed class LlamaDeviceProfiler : IDeviceProfiler
{
    /// <summary>Of steps, for each of the three sets that are timed.</summary>
    private const double BudgetSeconds = 1;

    // Two measurements at once would each see the other.
    private static readonly SemaphoreSlim OneAtATime = new(1);

    private static readonly EngineSettings Settings = new()
    {
        KvCells = 1024, MaxSequences = 16, MaxStepTokens = 256, MaxSequenceTokens = 512,
    };

    private readonly ModelCatalog _catalog;
    private readonly LlamaStageEngineFactory _engines;
    private readonly SharedLoads<(string ModelId, int Threads, string ComputeDevice), HostTimes> _times;

    /// <param name="catalog">The models that can be asked for.</param>
    /// <param name="engines">Loads the layers that are timed.</param>
    public LlamaDeviceProfiler(ModelCatalog catalog, LlamaStageEngineFactory engines)
    {
        (_catalog, _engines) = (catalog, engines);
        _times = new(key => MeasureAsync(key.ModelId, key.Threads, key.ComputeDevice));
    }

    /// <exception cref="E2LlmException">The model is unknown or the engine cannot load.</exception>
    public async Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(device);
        var times = await _times.GetAsync((modelId, device.Threads, device.ComputeDevice), cancellationToken).ConfigureAwait(false);
        return times.For(device, modelId, device.SlowdownFactor == 1 ? ProfileSource.Measured : ProfileSource.Emulated) with { Runtime = _engines.RuntimeName };
    }

    private async Task<HostTimes> MeasureAsync(string modelId, int threads, string computeDevice)
    {
        await OneAtATime.WaitAsync().ConfigureAwait(false);
        try
        {
            return await MeasureAloneAsync(modelId, threads, computeDevice).ConfigureAwait(false);
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private async Task<HostTimes> MeasureAloneAsync(string modelId, int threads, string computeDevice)
    {
        var (model, _) = _catalog.Get(modelId);
        var total = model.LayerCount;
        // Two in the middle, or a whole period of layers that must not be cut.
        var period = model.CutPeriodLayers;
        var layers = Math.Min(Math.Max(2, period), total);
        var first = (total - layers) / 2 / period * period;
        // Without layers before them, the last layers are the ones that were timed, and the head's share cannot be told from theirs.
        var hasTail = total > layers;
        var firstOfTail = period == 1 ? total - layers : (total - 1) / period * period;
        int[] chunks = [.. ProfilePoints.ChunkTokens.Where(chunk => chunk <= model.ContextLengthTokens)];

        await using var engine = await LoadAsync(first, layers).ConfigureAwait(false);
        var middle = new StepTimer(engine);
        await middle.OpenAsync(1, 0).ConfigureAwait(false);
        var prefill = await TimedRounds.RunAsync([.. chunks.Select<int, Func<Task<double>>>(chunk => () => middle.MeasureAsync(1, chunk))], BudgetSeconds).ConfigureAwait(false);
        await middle.CloseAsync(1).ConfigureAwait(false);
        await middle.OpenAsync(Settings.MaxSequences, ProfilePoints.ContextTokens).ConfigureAwait(false);
        var loneRow = layers > 1 ? await TimeLoneRowAsync().ConfigureAwait(false) : ([], []);
        var (batches, tail) = await TimeBatchesAsync().ConfigureAwait(false);
        return new StepSamples
        {
            Layers = layers,
            TailLayers = total - firstOfTail,
            ChunkTokens = [.. chunks],
            Chunks = prefill,
            Batches = batches,
            Tail = tail,
            LoneRow = loneRow,
        }.ToTimes();

        // One layer alone tells a call's fixed cost from the layers'.
        async Task<(double[] All, double[] One)> TimeLoneRowAsync()
        {
            await using var oneLayer = await LoadAsync(first, 1).ConfigureAwait(false);
            var one = new StepTimer(oneLayer);
            await one.OpenAsync(1, ProfilePoints.ContextTokens).ConfigureAwait(false);
            var rounds = await TimedRounds.RunAsync([() => middle.MeasureAsync(1, 1), () => one.MeasureAsync(1, 1)], BudgetSeconds).ConfigureAwait(false);
            return (rounds[0], rounds[1]);
        }

        async Task<(double[][] Batches, double[][] Tail)> TimeBatchesAsync()
        {
            if (!hasTail)
                return (await TimedRounds.RunAsync(Steps(middle), BudgetSeconds).ConfigureAwait(false), []);
            await using var tailEngine = await LoadAsync(firstOfTail, total - firstOfTail).ConfigureAwait(false);
            var last = new StepTimer(tailEngine);
            await last.OpenAsync(Settings.MaxSequences, ProfilePoints.ContextTokens).ConfigureAwait(false);
            var rounds = await TimedRounds.RunAsync([.. Steps(middle), .. Steps(last)], BudgetSeconds).ConfigureAwait(false);
            return (rounds[..ProfilePoints.BatchSequences.Length], rounds[ProfilePoints.BatchSequences.Length..]);
        }

        static Func<Task<double>>[] Steps(StepTimer timer) =>
            [.. ProfilePoints.BatchSequences.Select<int, Func<Task<double>>>(batch => () => timer.MeasureAsync(batch, 1))];

        Task<LlamaStageEngine> LoadAsync(int firstLayer, int layerCount) => _engines.LoadAsync(
            new StageEngineSpec
            {
                ModelId = modelId,
                // It stands for all devices with so many threads, so errors name none. Also a device that cannot hold this much gets its profile; that it is too small is for the planner to say.
                Device = new DeviceSpec { Id = "", MemoryBytes = long.MaxValue, Threads = threads, ComputeDevice = computeDevice },
                FirstLayer = firstLayer,
                LayerCount = layerCount,
                Settings = Settings with { MaxSequenceTokens = Math.Min(Settings.MaxSequenceTokens, model.ContextLengthTokens) },
            },
            CancellationToken.None);
    }
}
