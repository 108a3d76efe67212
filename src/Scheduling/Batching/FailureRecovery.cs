namespace E2LLM.Scheduling.Batching;

/// <summary>What becomes of the running sequences when a step fails.</summary>
public enum FailureRecovery
{
    /// <summary>The caches are sound: sequences of the lost steps go on from their last confirmed position.</summary>
    Truncate,

    /// <summary>
    /// A stage has lost its cache: every running request goes back to its old place in the queue, before all of its class that have
    /// not started, and is read again with the answer that it has so far.
    /// </summary>
    Requeue,

    /// <summary>The requests that had rows in the lost steps fail; the others go on.</summary>
    Fail,
}
