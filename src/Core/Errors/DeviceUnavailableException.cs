namespace E2LLM.Core.Errors;

/// <summary>No live silo hosts the device.</summary>
[GenerateSerializer, Alias("E2LLM.DeviceUnavailableException")]
public sealed class DeviceUnavailableException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner);
