namespace E2LLM.Core.Errors;

/// <summary>What the user wrote makes no sense. The message names each key, its value and the valid range.</summary>
[GenerateSerializer, Alias("E2LLM.ConfigurationException")]
public sealed class ConfigurationException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: false, inner);
