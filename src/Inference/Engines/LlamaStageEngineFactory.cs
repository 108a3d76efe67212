using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Emulation;
using E2LLM.Inference.Kv;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Engines;

/// <summary>
/// Cuts the slice that a stage needs, loads it into llama.cpp, tries it, and slows it down where the device is emulated.
/// </summary>
/// <param name="catalog">The models that can be asked for.</param>
/// <param name="slices">Where slices are kept.</param>
/// <param name="library">Loaded on the first use.</param>
/// <param name="time">Clock of compute times and of emulated slowness.</param>
public sealed class LlamaStageEngineFactory(ModelCatalog catalog, ISliceStore slices, LlamaLibraryOptions library, TimeProvider time)
    : IStageEngineFactory
{
    /// <summary>As it is written in the options and in profiles.</summary>
    public string RuntimeName => library.Runtime.ToLowerInvariant();

    /// <exception cref="E2LlmException">The model is unknown, a setting out of range, library or slice bad, or memory short.</exception>
    public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        var engine = await LoadAsync(spec, cancellationToken).ConfigureAwait(false);
        return spec.Device.SlowdownFactor == 1 ? engine : new EmulatedStageEngine(engine, spec.Device.SlowdownFactor, time);
    }

    // On the pool: files are read and a library is loaded before the engine's own thread takes over, and the caller may be a grain's turn.
    internal Task<LlamaStageEngine> LoadAsync(StageEngineSpec spec, CancellationToken cancellationToken) =>
        Task.Run(() => LoadHereAsync(spec, cancellationToken), cancellationToken);

    private async Task<LlamaStageEngine> LoadHereAsync(StageEngineSpec spec, CancellationToken cancellationToken)
    {
        var (model, file) = catalog.Get(spec.ModelId);
        StageEngineSpecCheck.Check(spec, model);
        StageEngineSpecCheck.CheckMemory(spec, model);
        var runtime = LlamaRuntimes.Get(library);
        var target = ComputeTarget.Of(spec.Device.ComputeDevice, runtime.Devices, library.GpuLayers);
        var slice = await slices.GetAsync(file, spec.FirstLayer, spec.LayerCount, cancellationToken).ConfigureAwait(false);
        SliceFileCheck.Check(slice, file.ArchitectureName, library);
        var isLast = spec.FirstLayer + spec.LayerCount == model.LayerCount;
        var parts = new LlamaStageEngineParts
        {
            Name = StageEngineSpecCheck.Name(spec),
            FirstLayer = spec.FirstLayer,
            LayerCount = spec.LayerCount,
            IsLast = isLast,
            VocabularySize = model.VocabularySize,
            Settings = spec.Settings,
            KvLayout = KvLayoutReader.Read(slice, file, spec.Settings),
            Runtime = runtime,
            Time = time,
            LoadSlice = () => new LlamaSlice(runtime, slice.Path, isLast, spec.Settings, spec.Device.Threads, target),
            OpenEmbeddings = spec.FirstLayer == 0 ? () => new TokenEmbeddings(runtime, file.File, file.Embedding) : null,
        };
        var engine = await LlamaStageEngine.LoadAsync(parts, cancellationToken).ConfigureAwait(false);
        try
        {
            await StageTrial.RunAsync(engine, spec.Settings, runtime, file, cancellationToken).ConfigureAwait(false);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
