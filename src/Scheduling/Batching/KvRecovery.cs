namespace E2LLM.Scheduling.Batching;

/// <summary>What becomes of a request whose KV cache did not arrive.</summary>
public enum KvRecovery
{
    /// <summary>It goes back to its place in the queue and gets a new reservation: the cache can be sent again.</summary>
    Requeue,

    /// <summary>It goes back to its place in the queue, and this replica reads the prompt itself.</summary>
    ReadHere,

    /// <summary>It fails.</summary>
    Fail,
}
