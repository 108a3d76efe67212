namespace E2LLM.Core.Errors;

/// <summary>A request cannot be served as it is: too long for the context, an option out of range.</summary>
[GenerateSerializer, Alias("E2LLM.RequestRejectedException")]
public sealed class RequestRejectedException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: false, inner);
