namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>How far a request is on its way from the replica that reads its prompt to the one that writes its answer.</summary>
public enum HandOffState
{
    /// <summary>The prefill side has the request; the decoder has not been asked.</summary>
    Reading,

    /// <summary>The decoder has been asked, and has no slot that waits for the cache.</summary>
    Reserving,

    /// <summary>The cache is on its way into the decoder's slot.</summary>
    Sending,

    /// <summary>The decoder's stages have received the cache; its first token is not known yet.</summary>
    Sent,

    /// <summary>The decoder has been told the first token and takes the cache in.</summary>
    TakingIn,

    /// <summary>The decoder has taken the cache in and writes; the prefill side has been told to let go.</summary>
    HandedOn,

    /// <summary>The prefill side is of no more use. The decoder will be told with its next slot.</summary>
    Abandoned,

    /// <summary>The decoder has been told to read the prompt itself.</summary>
    ReadingAnew,

    /// <summary>The answer has ended.</summary>
    Ended,
}
