using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Admission;

/// <summary>What a request must look like before anything is done with it; the context's limits are the replica's matter.</summary>
public static class RequestRules
{
    private const int MaxPromptTokens = 1 << 24;

    /// <exception cref="RequestRejectedException">Names the first property that is wrong, and its valid range.</exception>
    public static void Check(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.PromptTokens.IsDefaultOrEmpty)
            throw new RequestRejectedException($"Request '{request.Id}' has an empty prompt. It needs at least one token.");
        if (request.PromptTokens.Length > MaxPromptTokens)
            throw new RequestRejectedException($"Request '{request.Id}' has {request.PromptTokens.Length} prompt tokens; {MaxPromptTokens} is the limit.");
        if (request.MaxTokens < 1)
            throw new RequestRejectedException($"Request '{request.Id}' asks for {request.MaxTokens} tokens. MaxTokens must be at least 1.");
        CheckAnswer(request);
        if (!CallerIds.IsValid(request.CallerId))
            throw new RequestRejectedException(CallerIds.Rule) { Code = RejectionCodes.InvalidValue, Parameter = nameof(request.CallerId) };
        foreach (var (property, message) in SamplingOptionsRules.FindErrors(request.Sampling))
            throw new RequestRejectedException(message) { Code = RejectionCodes.InvalidValue, Parameter = $"Sampling.{property}" };
    }

    /// <summary>An answer so far that no replica could have written, or that has ended, is nobody's to go on with.</summary>
    private static void CheckAnswer(GenerationRequest request)
    {
        var answer = request.Answer.IsDefault ? [] : request.Answer;
        if (answer.Length >= request.MaxTokens)
            throw Rejected($"has an answer of {answer.Length} tokens already, and MaxTokens is {request.MaxTokens}: nothing is left to write.");
        foreach (var token in answer)
        {
            if (token < 0)
                throw Rejected($"has token {token} in its answer so far. Tokens count from 0.");
            if (!request.StopTokens.IsDefault && request.StopTokens.Contains(token))
                throw Rejected($"has the stop token {token} in its answer so far. It has ended there.");
        }

        RequestRejectedException Rejected(string fault) =>
            new($"Request '{request.Id}' {fault}") { Code = RejectionCodes.InvalidValue, Parameter = nameof(request.Answer) };
    }
}
