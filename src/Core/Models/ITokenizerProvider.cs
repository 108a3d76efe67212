namespace E2LLM.Core.Models;

/// <summary>Tokenizers of the models in the catalog.</summary>
public interface ITokenizerProvider
{
    /// <summary>
    /// The tokenizer of a model. The first call loads it, which takes up to seconds: off the caller's thread, once for all who ask
    /// meanwhile. A load that failed is tried anew by the next call.
    /// </summary>
    /// <param name="modelId">In the catalog.</param>
    /// <param name="cancellationToken">Ends the wait, not the load.</param>
    /// <exception cref="Errors.RequestRejectedException">The model is unknown.</exception>
    ValueTask<ITokenizer> GetAsync(string modelId, CancellationToken cancellationToken);
}
