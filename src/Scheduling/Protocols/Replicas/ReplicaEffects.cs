using E2LLM.Core.Engines;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Parts;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <summary>Something that the owner of a <see cref="ReplicaMachine"/> has to do. Effects are carried out in their order, and none is waited for.</summary>
public abstract record ReplicaEffect;

/// <summary>Load all stages; then <see cref="ReplicaMachine.Loaded"/> or <see cref="ReplicaMachine.LoadFailed"/>.</summary>
public sealed record LoadStages(long Epoch) : ReplicaEffect;

/// <summary>Free all stages, whatever they do. What is loaded in a later epoch stays.</summary>
public sealed record UnloadStages(long Epoch) : ReplicaEffect;

/// <summary>
/// Send a step to the first stage. What comes of it is told by <see cref="ReplicaMachine.Complete"/> or
/// <see cref="ReplicaMachine.Fail"/>; where the sending itself fails, by the latter.
/// </summary>
public sealed record SendStep(long Epoch, StepPlan Step) : ReplicaEffect;

/// <summary>Have all stages begin an epoch; then <see cref="ReplicaMachine.StagesReset"/> or <see cref="ReplicaMachine.ResetFailed"/>.</summary>
public sealed record ResetStages(long Epoch, long NextStep) : ReplicaEffect;

/// <summary>
/// Have the stages open their data ports for a slot; then <see cref="ReplicaMachine.KvExpected"/> or
/// <see cref="ReplicaMachine.KvRefused"/>.
/// </summary>
public sealed record ExpectKv(PartState Part, KvReservation Slot) : ReplicaEffect;

/// <summary>
/// Have the stages put a cache that has come into its slot; then <see cref="ReplicaMachine.KvTakenIn"/> or
/// <see cref="ReplicaMachine.KvNotTakenIn"/>.
/// </summary>
/// <param name="Positions">That the slot holds from then on.</param>
/// <param name="Open">Opens the slot's sampler once more, which has to know the answer so far.</param>
public sealed record TakeInKv(PartState Part, KvReservation Slot, int Positions, SequenceCommand Open) : ReplicaEffect;

/// <summary>Answer those who said that a cache has arrived.</summary>
/// <param name="Error">Null where it has been taken in.</param>
public sealed record EndArrival(string RequestId, long OpenedInStep, string? Error) : ReplicaEffect;

/// <summary>Have the stages drop what they expect for a slot.</summary>
public sealed record DropKv(KvReservation Slot) : ReplicaEffect;

/// <summary>More of a prompt that is handed on is held, or it no longer is: sendings look again.</summary>
public sealed record HeldChanged : ReplicaEffect;

/// <summary>Tell the plan.</summary>
public sealed record StateChanged : ReplicaEffect;

/// <summary>A step has failed: for log and metrics.</summary>
public sealed record StepLost(StepFailure Failure) : ReplicaEffect;

/// <summary>Readers of parts have been silent for a lease: for the log.</summary>
public sealed record PartAbandoned(string RequestId) : ReplicaEffect;
