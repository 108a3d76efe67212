namespace E2LLM.Core.Errors;

/// <summary>Why a request was rejected, in the words of the OpenAI API where it has one.</summary>
public static class RejectionCodes
{
    /// <summary>Prompt and answer together are longer than the model's context or than what any replica holds.</summary>
    public const string ContextLengthExceeded = "context_length_exceeded";

    public const string ModelNotFound = "model_not_found";

    public const string DeviceNotFound = "device_not_found";

    /// <summary>A value of the wrong type or out of its range.</summary>
    public const string InvalidValue = "invalid_value";

    /// <summary>A meaningful option that is not supported; it is never ignored in silence.</summary>
    public const string UnsupportedParameter = "unsupported_parameter";
}
