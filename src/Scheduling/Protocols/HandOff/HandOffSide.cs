namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>One of the two replicas of a hand-off.</summary>
public enum HandOffSide
{
    /// <summary>Reads the prompt and holds its KV cache.</summary>
    Prefill,

    /// <summary>Takes the cache and writes the answer.</summary>
    Decoder,
}
