namespace E2LLM.Core.Models;

/// <summary>Tokenizers of the models in the catalog.</summary>
public interface ITokenizerProvider
{
    /// <exception cref="Errors.RequestRejectedException">The model is unknown.</exception>
    ITokenizer Get(string modelId);
}
