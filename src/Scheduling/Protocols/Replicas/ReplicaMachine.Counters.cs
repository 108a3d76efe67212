using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <content>What it can be asked at any moment.</content>
public sealed partial class ReplicaMachine
{
    /// <summary>Null while it is stopped.</summary>
    public SchedulerCounters? Counters => _scheduler?.Counters;

    /// <summary>What routing and health go by.</summary>
    public ReplicaSnapshot Snapshot => ReplicaSnapshot.Of(State, Counters, MeasuredTokensPerSecond, LastFailure);

    /// <summary>Slots that wait for a cache.</summary>
    public IEnumerable<KvReservation> AwaitingSlots => Parts.Running.Select(part => part.Awaited?.Slot).OfType<KvReservation>();

    /// <summary>Slots that are reserved from now on are opened in this step or a later one.</summary>
    public long NextStepNumber => _scheduler?.NextStepNumber ?? 0;

    /// <summary>Zero while it is stopped.</summary>
    public SchedulerLoad Load => _scheduler?.Load ?? default;
}
