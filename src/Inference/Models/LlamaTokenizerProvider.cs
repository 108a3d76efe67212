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
        return Task.FromResult<ITokenizer>(Load(LlamaRuntimes.Get(library), modelId, catalog.Get(modelId).File.VocabularyPath));
    });

    /// <summary>
    /// Loads every model's tokenizer and reads a short conversation with it, so that what llama.cpp refuses is known before anybody
    /// asks, and so that a model file that is moved or deleted later is missed by nobody.
    /// </summary>
    /// <exception cref="ModelFileException">A model's vocabulary cannot be used.</exception>
    /// <exception cref="E2LlmException">The library cannot be used.</exception>
    public async Task TryAllAsync(CancellationToken cancellationToken)
    {
        foreach (var model in catalog.Models)
        {
            var tokenizer = await GetAsync(model.Id, cancellationToken).ConfigureAwait(false);
            TokenizerTrial.Run(tokenizer, model, catalog.Get(model.Id).File.File.Path);
        }
    }

    /// <exception cref="RequestRejectedException">The model is unknown.</exception>
    /// <exception cref="ModelFileException">The model's vocabulary cannot be used.</exception>
    /// <exception cref="E2LlmException">The library cannot be used.</exception>
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

    // The file was checked before it came here, so what llama.cpp still refuses is the model's fault and stays so.
    private static LlamaTokenizer Load(ILlamaRuntime runtime, string modelId, string path)
    {
        try
        {
            return new LlamaTokenizer(runtime, modelId, path);
        }
        catch (EngineException refusal)
        {
            throw new ModelFileException($"{path}: the vocabulary of '{modelId}' cannot be used: {refusal.Message}", refusal);
        }
    }
}
