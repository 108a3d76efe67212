using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>The cache of a prompt that is read elsewhere, on the side that will write the answer: which slot waits for it, and how far that is.</summary>
/// <remarks>
/// | state | is | goes on to |
/// |---|---|---|
/// | None | no slot waits | Opening: the scheduler has reserved one |
/// | Opening | the stages open slot and data port | Waiting: both are open and the reader has been told where the cache has to go; None: given up |
/// | Waiting | the cache is on its way | TakingIn: all of it is here; None: given up |
/// | TakingIn | the stages put it into the slot, once that is open | TakenIn; Broken: a stage could not; None: given up |
/// | Broken | the slot may hold a part of it | None: given up, on the word of whoever sent it |
/// | TakenIn | the answer goes on here | (the end) |
///
/// A new slot makes the one before it void, in whatever state that is.
/// </remarks>
public sealed class AwaitedCache(ImmutableArray<KvSource> sources)
{
    private bool _isOpen;
    private bool _isBeingTakenIn;
    private long _takenInFromStep = -1;

    /// <summary>The stages that will send the cache.</summary>
    public ImmutableArray<KvSource> Sources => sources;

    public AwaitedState State { get; private set; }

    /// <summary>Null where no slot waits.</summary>
    public KvReservation? Slot { get; private set; }

    /// <summary>A slot is reserved.</summary>
    public void Reserve(KvReservation slot) =>
        (Slot, State, _isOpen, _isBeingTakenIn) = (slot, AwaitedState.Opening, false, false);

    /// <summary>Every stage has opened the slot: the step that does so is done.</summary>
    public void Opened(KvReservation slot) => _isOpen |= Slot == slot;

    /// <summary>The stages expect the cache.</summary>
    /// <returns>False where the slot is void: they have to drop it.</returns>
    public bool Expect(KvReservation slot)
    {
        if (Slot != slot || State != AwaitedState.Opening)
            return false;
        State = AwaitedState.Waiting;
        return true;
    }

    /// <summary>All of the cache has come.</summary>
    /// <returns>False where it has been taken in already: the word of that was lost.</returns>
    /// <exception cref="KvTransferException">It was for a slot that no longer waits.</exception>
    public bool Arrive(long openedInStep)
    {
        if (_takenInFromStep == openedInStep)
            return false;
        if (!IsCurrent(openedInStep) || State is not (AwaitedState.Waiting or AwaitedState.TakingIn))
            throw new KvTransferException($"The slot of step {openedInStep} no longer waits for a KV cache.");
        State = AwaitedState.TakingIn;
        return true;
    }

    /// <summary>True once: when the cache can be put into the slot, as all of it has come and every stage has opened the slot.</summary>
    public bool TryBeginTakingIn()
    {
        if (State != AwaitedState.TakingIn || !_isOpen || _isBeingTakenIn)
            return false;
        return _isBeingTakenIn = true;
    }

    /// <summary>A stage could not put the cache into the slot.</summary>
    /// <returns>False where the slot was given up meanwhile.</returns>
    public bool Break(long openedInStep)
    {
        if (!IsCurrent(openedInStep) || State != AwaitedState.TakingIn)
            return false;
        State = AwaitedState.Broken;
        return true;
    }

    /// <summary>The stages have put the cache into the slot.</summary>
    /// <returns>False where the slot was given up meanwhile.</returns>
    public bool TakeIn(long openedInStep)
    {
        if (!IsCurrent(openedInStep) || State != AwaitedState.TakingIn)
            return false;
        (Slot, State, _takenInFromStep) = (null, AwaitedState.TakenIn, openedInStep);
        return true;
    }

    public bool IsCurrent(long openedInStep) => Slot is { } slot && slot.StepNumber == openedInStep;

    /// <summary>The slot no longer waits.</summary>
    public void GiveUp()
    {
        Slot = null;
        if (State != AwaitedState.TakenIn)
            State = AwaitedState.None;
    }
}
