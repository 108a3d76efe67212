namespace E2LLM.Core.Errors;

/// <summary>A model file is damaged, hostile or of a kind that is not supported. The message names the file, the place in it and the reason.</summary>
[GenerateSerializer, Alias("E2LLM.ModelFileException")]
public sealed class ModelFileException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: false, inner);
