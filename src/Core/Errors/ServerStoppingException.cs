namespace E2LLM.Core.Errors;

/// <summary>The host stops and takes no new requests; another one may, or this one when it is back.</summary>
[GenerateSerializer, Alias("E2LLM.ServerStoppingException")]
public sealed class ServerStoppingException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner);
