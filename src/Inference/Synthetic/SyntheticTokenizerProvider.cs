using E2LLM.Core.Errors;
using E2LLM.Core.Models;

namespace E2LLM.Inference.Synthetic;

/// <summary>One tokenizer for all synthetic models of a catalog.</summary>
public sealed class SyntheticTokenizerProvider(IModelCatalog catalog) : ITokenizerProvider
{
    private readonly SyntheticTokenizer _tokenizer = new();

    public ValueTask<ITokenizer> GetAsync(string modelId, CancellationToken cancellationToken) =>
        catalog.Find(modelId) is null ? throw new RequestRejectedException($"There is no model '{modelId}' here.") : new(_tokenizer);
}
