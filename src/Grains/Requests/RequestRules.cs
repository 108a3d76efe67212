using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Requests;

/// <summary>What a request must look like before anything is done with it; the context's limits are the replica's matter.</summary>
internal static class RequestRules
{
    private const int MaxPromptTokens = 1 << 24;

    public static void Check(GenerationRequest request)
    {
        if (request.PromptTokens.IsDefaultOrEmpty)
            throw new RequestRejectedException($"Request '{request.Id}' has an empty prompt. It needs at least one token.");
        if (request.PromptTokens.Length > MaxPromptTokens)
            throw new RequestRejectedException($"Request '{request.Id}' has {request.PromptTokens.Length} prompt tokens; {MaxPromptTokens} is the limit.");
        if (request.MaxTokens < 1)
            throw new RequestRejectedException($"Request '{request.Id}' asks for {request.MaxTokens} tokens. MaxTokens must be at least 1.");
        foreach (var (property, message) in SamplingOptionsRules.FindErrors(request.Sampling))
            throw new RequestRejectedException(message) { Code = RejectionCodes.InvalidValue, Parameter = $"Sampling.{property}" };
    }
}
