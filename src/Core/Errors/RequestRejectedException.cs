namespace E2LLM.Core.Errors;

/// <summary>A request cannot be served as it is: too long for the context, an option out of range.</summary>
[GenerateSerializer, Alias("E2LLM.RequestRejectedException")]
public sealed class RequestRejectedException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: false, inner)
{
    /// <summary>The reason in a word that programs can compare: one of <see cref="RejectionCodes"/>, or empty.</summary>
    [Id(0)] public string Code { get; init; } = "";

    /// <summary>What of the request is wrong: "MaxTokens", "Sampling.TopP", "messages[2].role"; empty where it is no single one.</summary>
    [Id(1)] public string Parameter { get; init; } = "";
}
