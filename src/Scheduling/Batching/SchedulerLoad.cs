namespace E2LLM.Scheduling.Batching;

/// <summary>Of <see cref="SchedulerCounters"/>, what is looked at after every event.</summary>
public readonly record struct SchedulerLoad(int QueuedRequests, int RunningRequests, int ReservedKvCells);
