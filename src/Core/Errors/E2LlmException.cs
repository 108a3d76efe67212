namespace E2LLM.Core.Errors;

/// <summary>
/// Root of the errors that E2LLM raises on purpose. Its message says what failed, on what, and what to change. It crosses grain calls.
/// </summary>
[GenerateSerializer, Alias("E2LLM.Exception")]
public class E2LlmException : Exception
{
    public E2LlmException(string message, bool mayRetry = false, Exception? inner = null)
        : base(message, inner) => MayRetry = mayRetry;

    /// <summary>Whether the same call may succeed later, or elsewhere, without anybody changing anything.</summary>
    [Id(0)] public bool MayRetry { get; private set; }
}
