namespace E2LLM.Core.Errors;

/// <summary>A native or synthetic engine failed. The message names the device and the call.</summary>
[GenerateSerializer, Alias("E2LLM.EngineException")]
public sealed class EngineException(string message, Exception? inner = null) : E2LlmException(message, mayRetry: true, inner)
{
    /// <summary>Whether it did compute, and what came of it is no finite number.</summary>
    [Id(0)] public bool IsNotANumber { get; init; }

    /// <summary>Whose rows it failed on, where it is known that it was not another one's.</summary>
    [Id(1)] public int? Slot { get; init; }
}
