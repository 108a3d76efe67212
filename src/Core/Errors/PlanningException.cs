namespace E2LLM.Core.Errors;

/// <summary>The fleet cannot hold the model, or a figure of the request makes no sense. The message names the key and what is short.</summary>
[GenerateSerializer, Alias("E2LLM.PlanningException")]
public sealed class PlanningException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: false, inner);
