namespace E2LLM.Scheduling.Batching;

/// <content>What it can be asked at any moment.</content>
public sealed partial class ReplicaScheduler
{
    public SchedulerLoad Load => new(_queue.Count, _sequences.All.Count, _sequences.ReservedCells);

    public SchedulerCounters Counters
    {
        get
        {
            // Asked of every replica for every request that is routed.
            var (held, awaiting, used, pending, awaited) = (0, 0, 0, _queue.PendingTokens, _queue.AwaitedKvTokens);
            foreach (var sequence in _sequences.Span)
            {
                held += sequence.IsHeld ? 1 : 0;
                awaiting += sequence.AwaitsKv ? 1 : 0;
                awaited += sequence.AwaitsKv ? sequence.Request.AwaitedKvTokens : 0;
                used += sequence.Issued;
                pending += sequence.PendingTokens;
            }

            return new()
            {
                QueuedRequests = _queue.Count,
                RunningRequests = _sequences.All.Count,
                HeldRequests = held,
                AwaitingKvRequests = awaiting,
                KvCells = _engine.KvCells,
                ReservedKvCells = _sequences.ReservedCells,
                UsedKvCells = used,
                KeptPrefixes = _sequences.Prefixes?.Kept.Count ?? 0,
                KeptKvCells = _sequences.Prefixes?.KeptCells ?? 0,
                PrefixLookups = _sequences.Prefixes?.Lookups ?? 0,
                PrefixHits = _sequences.Prefixes?.Hits ?? 0,
                PrefixHitTokens = _sequences.Prefixes?.HitTokens ?? 0,
                PrefixEvictions = _sequences.Prefixes?.Evictions ?? 0,
                StepsInFlight = _steps.Count,
                PendingTokens = pending,
                AwaitedKvTokens = awaited,
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
    }
}
