namespace E2LLM.Core.Requests;

/// <summary>What a replica runs of a request: all of it, or one of the two parts that a hand-off lies between.</summary>
public enum RunMode
{
    /// <summary>Reads the prompt, and the answer that others have begun, and writes the rest.</summary>
    Whole,

    /// <summary>
    /// Reads the prompt, and the answer that others have begun, samples the next token and holds the sequence, so that its KV cache can
    /// be handed on, until it is released. An answer that ends with that token ends here.
    /// </summary>
    PrefillOnly,

    /// <summary>
    /// Takes a slot, waits there for the KV cache that the prefill part made and writes on after its token. To be queued only once
    /// the prefill part has its slot, and to be cancelled when the prefill part goes back to its queue: so every slot that waits
    /// for a cache waits for a prompt that is being read, and two replicas never wait for each other.
    /// </summary>
    DecodeOnly,
}
