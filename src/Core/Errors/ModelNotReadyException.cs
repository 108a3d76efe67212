namespace E2LLM.Core.Errors;

/// <summary>No complete replica serves the model yet, or any more. The message says how far the plan has come.</summary>
[GenerateSerializer, Alias("E2LLM.ModelNotReadyException")]
public sealed class ModelNotReadyException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner);
