using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Loading;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Inference.Models;

/// <summary>Tokenizers of the catalog's models, each loaded on its first use and kept.</summary>
/// <param name="catalog">The models that can be asked for.</param>
/// <param name="library">Loaded on the first use.</param>
public sealed class LlamaTokenizerProvider(ModelCatalog catalog, LlamaLibraryOptions library) : ITokenizerProvider, IDisposable
{
    private readonly SharedLoads<string, ITokenizer> _tokenizers = new(modelId =>
    {
        var runtime = LlamaRuntimes.Get(library);
        return Task.FromResult<ITokenizer>(new LlamaTokenizer(runtime, modelId, catalog.Get(modelId).File.File.Path));
    });

    /// <exception cref="RequestRejectedException">The model is unknown.</exception>
    /// <exception cref="E2LlmException">The library or the vocabulary cannot be used.</exception>
    public ValueTask<ITokenizer> GetAsync(string modelId, CancellationToken cancellationToken)
    {
        _ = catalog.Get(modelId); // An unknown name is no key: clients invent them.
        return _tokenizers.GetAsync(modelId, cancellationToken);
    }

    public void Dispose()
    {
        // What is still being loaded is given up when it is there.
        foreach (var tokenizer in _tokenizers.Close())
            _ = tokenizer.ContinueWith(
                static loaded => ((LlamaTokenizer)loaded.Result).Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
