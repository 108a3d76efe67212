namespace E2LLM.Core.Plans;

/// <summary>What a replica does.</summary>
public enum ReplicaRole
{
    /// <summary>Reads prompts and writes tokens.</summary>
    Mixed,

    /// <summary>Reads prompts and hands their KV cache on.</summary>
    Prefill,

    /// <summary>Writes tokens from a KV cache that it was handed.</summary>
    Decoder,
}
