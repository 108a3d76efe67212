using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Client;

/// <summary>The fleet began with an answer and could not end it. Raised by the client; it does not cross grain calls.</summary>
public sealed class AnswerFailedException(RequestFailure failure, ChatAnswer partial) : E2LlmException(failure.Message, failure.MayRetry)
{
    /// <summary>Who failed, and when.</summary>
    public RequestFailure Failure { get; } = failure;

    /// <summary>What had come until then.</summary>
    public ChatAnswer Partial { get; } = partial;
}
