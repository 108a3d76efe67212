namespace E2LLM.Gguf.Store;

/// <summary>What happened to a stored slice.</summary>
public enum SliceStoreEventKind
{
    /// <summary>It was cut out of the model.</summary>
    Cut,

    /// <summary>Its bytes were not those that were written; it is cut anew.</summary>
    Corrupted,

    /// <summary>It was on disk already, and its hash is right.</summary>
    Verified,

    /// <summary>It was not used for longest, and the store was too large.</summary>
    Removed,
}
