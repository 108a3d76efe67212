using System.Collections.Concurrent;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Native;

namespace E2LLM.Inference.Models;

/// <summary>Tokenizers of the catalog's models, each loaded on its first use and kept.</summary>
public sealed class LlamaTokenizerProvider(ModelCatalog catalog, LlamaLibraryOptions library) : ITokenizerProvider, IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<LlamaTokenizer>> _tokenizers = new();

    /// <exception cref="RequestRejectedException">The model is unknown.</exception>
    /// <exception cref="E2LlmException">The library or the vocabulary cannot be used.</exception>
    public ITokenizer Get(string modelId)
    {
        var (_, file) = catalog.Get(modelId);
        return _tokenizers.GetOrAdd(modelId, id => new Lazy<LlamaTokenizer>(() =>
        {
            LlamaLibrary.Load(library);
            return new LlamaTokenizer(id, file.File.Path);
        })).Value;
    }

    public void Dispose()
    {
        foreach (var tokenizer in _tokenizers.Values)
            if (tokenizer.IsValueCreated)
                tokenizer.Value.Dispose();
    }
}
