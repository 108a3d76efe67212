using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Sending;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Store;
using E2LLM.Gguf.Weights;
using E2LLM.Grains.Weights;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Profiling;
using E2LLM.Silo.Retention;
using E2LLM.Silo.Weights;
using Microsoft.Extensions.Options;

namespace E2LLM.Silo.Hosting;

/// <summary>The model of a silo, opened, checked and tried, and the adapters that run it.</summary>
internal sealed class ServedModels
{
    private readonly ModelCatalog _catalog;
    private readonly SliceStore _slices;
    private readonly LlamaTokenizerProvider _tokenizers;
    private readonly LlamaLibraryOptions _library;
    private readonly WeightsFolder _weights;
    private readonly ModelFile _file;

    private ServedModels(
        ModelCatalog catalog, SliceStore slices, LlamaTokenizerProvider tokenizers, LlamaLibraryOptions library, WeightsFolder weights, ModelFile file)
    {
        (_catalog, _slices, _tokenizers, _library, _weights, _file) = (catalog, slices, tokenizers, library, weights, file);
    }

    public ModelSpec Model => _catalog.Models[0];

    /// <exception cref="ModelFileException">The model is damaged or not supported: its file, a weight, or its vocabulary.</exception>
    /// <exception cref="E2LlmException">The data directory or the native library cannot be used.</exception>
    /// <param name="configuration">Says which model.</param>
    /// <param name="sender">For a model that comes from other silos.</param>
    /// <param name="time">Of the wait for them.</param>
    /// <param name="logger">Is told of it.</param>
    public static async Task<ServedModels> OpenAsync(
        HostConfiguration configuration, KvSenderOptions sender, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var slices = new SliceStore(Path.Combine(configuration.Host.DataDirectory, "slices"));
        var weights = new WeightsFolder(Path.Combine(configuration.Host.DataDirectory, "weights"), LimitsOf(configuration.Weights), time);
        var file = configuration.IsFromFog
            ? await new FogWeights(configuration, sender, weights, time, logger).OpenAsync(cancellationToken)
            : ModelFile.Open(configuration.ModelPath);
        var catalog = await ModelCatalog.OpenAsync([file], slices, configuration.Library, cancellationToken);
        var tokenizers = new LlamaTokenizerProvider(catalog, configuration.Library);
        try
        {
            await tokenizers.TryAllAsync(cancellationToken);
            return new ServedModels(catalog, slices, tokenizers, configuration.Library, weights, file);
        }
        catch
        {
            tokenizers.Dispose();
            catalog.Dispose();
            throw;
        }
    }

    /// <summary>Removes slices of models that are not served here or that are too old, and pieces of weights that nobody needs; returns the bytes.</summary>
    public async Task<long> TrimAsync(RetentionOptions options, CancellationToken cancellationToken) =>
        await _slices.TrimAsync(options.MaxSliceBytes, TimeSpan.FromDays(options.SliceDays), [.. _catalog.Models.Select(model => model.Sha256)], cancellationToken)
        + await Task.Run(() => (_file.Mirror?.Trim() ?? 0) + _weights.TrimOthers(_file.Mirror?.Manifest.Root), cancellationToken);

    /// <summary>What of the model this silo has for others.</summary>
    public LocalWeights Local() => new(
        Model.Id,
        async cancellationToken => _file.Mirror is { } mirror ? mirror : await _weights.ShareAsync(_file, Model.Sha256, cancellationToken),
        source => _file.Mirror?.Progress ?? new WeightsProgress { HeldBytes = source.Manifest.LengthBytes, ModelBytes = source.Manifest.LengthBytes });

    /// <summary>From now on missing weights come through the host.</summary>
    public void FetchBy(IServiceProvider host, string siloName, WeightsOptions options) => _file.Mirror?.FetchBy(new PieceFetcher(
        host.GetRequiredService<IGrainFactory>(),
        Model.Id,
        siloName,
        host.GetRequiredService<IOptions<KvSenderOptions>>().Value,
        options,
        host.GetRequiredService<TimeProvider>(),
        host.GetRequiredService<ILogger<PieceFetcher>>()));

    public void AddTo(IServiceCollection services)
    {
        var engines = new LlamaStageEngineFactory(_catalog, _slices, _library, TimeProvider.System);
        services.AddSingleton<IModelCatalog>(_ => _catalog); // from a factory, so that the host disposes it
        services.AddSingleton<ITokenizerProvider>(_ => _tokenizers);
        services.AddSingleton<IStageEngineFactory>(engines);
        services.AddSingleton<IDeviceProfiler>(_ => new LlamaDeviceProfiler(_catalog, engines));
    }

    private static MirrorLimits LimitsOf(WeightsOptions options) => new()
    {
        ReserveBytes = options.ReserveBytes,
        MaxBytes = options.MaxPieceBytes,
        MaxIdle = TimeSpan.FromDays(options.PieceDays),
    };
}
