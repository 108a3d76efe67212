using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Profiling;

namespace E2LLM.Silo.Hosting;

/// <summary>The model of a silo, opened, checked and tried, and the adapters that run it.</summary>
internal sealed class ServedModels
{
    private readonly ModelCatalog _catalog;
    private readonly SliceStore _slices;
    private readonly LlamaTokenizerProvider _tokenizers;
    private readonly LlamaLibraryOptions _library;

    private ServedModels(ModelCatalog catalog, SliceStore slices, LlamaTokenizerProvider tokenizers, LlamaLibraryOptions library)
    {
        _catalog = catalog;
        _slices = slices;
        _tokenizers = tokenizers;
        _library = library;
    }

    public ModelSpec Model => _catalog.Models[0];

    /// <exception cref="ModelFileException">The model is damaged or not supported: its file, a weight, or its vocabulary.</exception>
    /// <exception cref="E2LlmException">The data directory or the native library cannot be used.</exception>
    public static async Task<ServedModels> OpenAsync(HostConfiguration configuration, CancellationToken cancellationToken)
    {
        var slices = new SliceStore(Path.Combine(configuration.Host.DataDirectory, "slices"));
        var catalog = await ModelCatalog.OpenAsync([configuration.ModelPath], slices, configuration.Library, cancellationToken);
        var tokenizers = new LlamaTokenizerProvider(catalog, configuration.Library);
        try
        {
            await tokenizers.TryAllAsync(cancellationToken);
            return new ServedModels(catalog, slices, tokenizers, configuration.Library);
        }
        catch
        {
            tokenizers.Dispose();
            catalog.Dispose();
            throw;
        }
    }

    /// <summary>Removes slices of models that are not served here; returns the bytes.</summary>
    public Task<long> TrimSlicesAsync(long maxBytes, CancellationToken cancellationToken) =>
        _slices.TrimAsync(maxBytes, [.. _catalog.Models.Select(model => model.Sha256)], cancellationToken);

    public void AddTo(IServiceCollection services)
    {
        var engines = new LlamaStageEngineFactory(_catalog, _slices, _library, TimeProvider.System);
        services.AddSingleton<IModelCatalog>(_ => _catalog); // from a factory, so that the host disposes it
        services.AddSingleton<ITokenizerProvider>(_ => _tokenizers);
        services.AddSingleton<IStageEngineFactory>(engines);
        services.AddSingleton<IDeviceProfiler>(_ => new LlamaDeviceProfiler(_catalog, engines));
    }
}
