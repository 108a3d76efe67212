namespace E2LLM.Scheduling.Batching;

/// <content>What it can be asked at any moment.</content>
public sealed partial class ReplicaScheduler
{
    public SchedulerLoad Load => new(_queue.Count, _sequences.All.Count, _sequences.ReservedCells);

    public SchedulerCounters Counters => new()
    {
        QueuedRequests = _queue.Count,
        RunningRequests = _sequences.All.Count,
        HeldRequests = _sequences.All.Count(sequence => sequence.IsHeld),
        AwaitingKvRequests = _sequences.All.Count(sequence => sequence.AwaitsKv),
        KvCells = _engine.KvCells,
        ReservedKvCells = _sequences.ReservedCells,
        UsedKvCells = _sequences.All.Sum(sequence => sequence.Issued),
        KeptPrefixes = _sequences.Prefixes?.Kept.Count ?? 0,
        KeptKvCells = _sequences.Prefixes?.KeptCells ?? 0,
        PrefixLookups = _sequences.Prefixes?.Lookups ?? 0,
        PrefixHits = _sequences.Prefixes?.Hits ?? 0,
        PrefixHitTokens = _sequences.Prefixes?.HitTokens ?? 0,
        PrefixEvictions = _sequences.Prefixes?.Evictions ?? 0,
        StepsInFlight = _steps.Count,
        PendingTokens = _queue.PendingTokens + _sequences.All.Sum(sequence => sequence.PendingTokens),
        CompletedSteps = _completedSteps,
        CompletedRequests = _completedRequests,
        HandedOffRequests = _handedOffRequests,
        Preemptions = _composer.Preemptions,
        GeneratedTokens = _generatedTokens,
        FailuresInARow = _failuresInARow,
        RunningLimit = _limit.Sequences,
        TokenSeconds = _limit.Pace.Seconds,
        TokenSecondsRunning = _limit.Pace.Running,
    };
}
