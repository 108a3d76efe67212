namespace E2LLM.Scheduling.Batching;

/// <summary>A request that leaves the queue with this step.</summary>
/// <param name="RequestId">Its id.</param>
/// <param name="Sequence">The slot that it has from now on.</param>
/// <param name="WaitSeconds">Time in the queue, on the caller's clock.</param>
public readonly record struct AdmittedRequest(string RequestId, int Sequence, double WaitSeconds);
