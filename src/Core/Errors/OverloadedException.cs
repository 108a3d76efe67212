namespace E2LLM.Core.Errors;

/// <summary>The queue or the KV cache is full now. The message names the limit and its value.</summary>
[GenerateSerializer, Alias("E2LLM.OverloadedException")]
public sealed class OverloadedException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner)
{
    /// <summary>Estimate of the seconds that the request would have to wait for its start; null where nobody can tell.</summary>
    [Id(0)] public double? QuotedWaitSeconds { get; init; }
}
