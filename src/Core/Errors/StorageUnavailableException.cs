namespace E2LLM.Core.Errors;

/// <summary>The store of the journal does not answer. What was to be written is written later by whoever holds it.</summary>
[GenerateSerializer, Alias("E2LLM.StorageUnavailableException")]
public sealed class StorageUnavailableException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner);
