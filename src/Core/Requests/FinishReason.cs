namespace E2LLM.Core.Requests;

/// <summary>Why an answer ended.</summary>
public enum FinishReason
{
    /// <summary>The model said that it is done.</summary>
    Stop,

    /// <summary>The token limit was reached.</summary>
    Length,

    /// <summary>The client cancelled or went away.</summary>
    Cancelled,

    /// <summary>See the failure.</summary>
    Failed,

    /// <summary>The process that ran the request is gone. See the failure: the same request may succeed.</summary>
    Interrupted,
}
