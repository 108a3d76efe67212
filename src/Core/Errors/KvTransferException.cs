namespace E2LLM.Core.Errors;

/// <summary>A KV cache did not arrive. The message names the peer, the transfer and, where a limit was met, its key and value.</summary>
[GenerateSerializer, Alias("E2LLM.KvTransferException")]
public sealed class KvTransferException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner);
