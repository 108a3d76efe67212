namespace E2LLM.Core.Requests;

/// <summary>Which part of a request a replica runs.</summary>
public enum RunMode
{
    /// <summary>Reads the prompt and writes the answer.</summary>
    Whole,

    /// <summary>
    /// Reads the prompt, samples the first token and holds the sequence, so that its KV cache can be handed on, until
    /// it is released. An answer that ends with the first token ends here.
    /// </summary>
    PrefillOnly,

    /// <summary>
    /// Takes a slot, waits there for the KV cache of the prompt and writes the answer from the second token on. To be queued only once
    /// the prefill part has its slot, and to be cancelled when the prefill part goes back to its queue: so every reserved slot waits
    /// for a prompt that is being read, and two replicas never wait for each other.
    /// </summary>
    DecodeOnly,
}
