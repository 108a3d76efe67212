using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Protocols.Replicas;

namespace E2LLM.Grains.Replicas;

/// <summary>What a replica's machine knows, for people and for the plan.</summary>
internal static class ReplicaStatusOf
{
    public static ReplicaStatus Machine(string key, ReplicaMachine machine)
    {
        // What routing goes by comes from where a simulated replica's comes from.
        var snapshot = machine.Snapshot;
        var status = new ReplicaStatus
        {
            Key = key,
            State = snapshot.State,
            QueuedRequests = snapshot.QueuedRequests,
            RunningRequests = snapshot.RunningRequests,
            ReservedKvCells = snapshot.ReservedKvCells,
            PendingTokens = snapshot.PendingTokens,
            AwaitedKvTokens = snapshot.AwaitedKvTokens,
            MeasuredTokensPerSecond = snapshot.MeasuredTokensPerSecond,
            RunningLimit = snapshot.RunningLimit,
            TokenSeconds = snapshot.TokenSeconds,
            TokenSecondsRunning = snapshot.TokenSecondsRunning,
            LastFailure = snapshot.LastFailure,
            FailedSteps = machine.FailedSteps,
        };
        return machine.Counters is not { } counters ? status : status with
        {
            KvCells = counters.KvCells,
            StepsInFlight = counters.StepsInFlight,
            CompletedSteps = counters.CompletedSteps,
            CompletedRequests = counters.CompletedRequests,
            GeneratedTokens = counters.GeneratedTokens,
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
        };
    }
}
