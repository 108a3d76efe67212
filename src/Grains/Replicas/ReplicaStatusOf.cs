using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Protocols.Replicas;

namespace E2LLM.Grains.Replicas;

/// <summary>What a replica's machine knows, for people and for the plan.</summary>
internal static class ReplicaStatusOf
{
    public static ReplicaStatus Machine(string key, ReplicaMachine machine)
    {
        var status = new ReplicaStatus
        {
            Key = key,
            State = machine.State,
            FailedSteps = machine.FailedSteps,
            LastFailure = machine.LastFailure,
            MeasuredTokensPerSecond = machine.MeasuredTokensPerSecond,
        };
        return machine.Counters is not { } counters ? status : status with
        {
            QueuedRequests = counters.QueuedRequests,
            RunningRequests = counters.RunningRequests,
            ReservedKvCells = counters.ReservedKvCells,
            KvCells = counters.KvCells,
            StepsInFlight = counters.StepsInFlight,
            CompletedSteps = counters.CompletedSteps,
            CompletedRequests = counters.CompletedRequests,
            GeneratedTokens = counters.GeneratedTokens,
            PendingTokens = counters.PendingTokens,
            HeldRequests = counters.HeldRequests,
            AwaitingKvRequests = counters.AwaitingKvRequests,
            HandedOffRequests = counters.HandedOffRequests,
            KeptPrefixes = counters.KeptPrefixes,
            KeptKvCells = counters.KeptKvCells,
            PrefixLookups = counters.PrefixLookups,
            PrefixHits = counters.PrefixHits,
            PrefixHitTokens = counters.PrefixHitTokens,
            PrefixEvictions = counters.PrefixEvictions,
            Preemptions = counters.Preemptions,
            RunningLimit = counters.RunningLimit,
            TokenSeconds = counters.TokenSeconds,
            TokenSecondsRunning = counters.TokenSecondsRunning,
        };
    }
}
