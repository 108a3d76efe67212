using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Parts;

namespace E2LLM.Scheduling.Protocols.Replicas;

/// <content>
/// Parts of requests that two replicas serve: prompts that are read here and handed on, answers that are written here from a cache that
/// comes from elsewhere.
/// </content>
public sealed partial class ReplicaMachine
{
    /// <summary>The cache of a prompt that is read here is where it shall be.</summary>
    public void Release(string requestId, double nowSeconds)
    {
        if (Parts.FindRunning(requestId) is not { Held.IsWhole: true } part || !_scheduler!.ReleaseHeld(requestId))
            return;
        part.Release(nowSeconds);
        Parts.OnUpdated(part);
        _effects.Add(new HeldChanged());
        Pump(nowSeconds);
    }

    /// <summary>All of a cache has come for a slot. <see cref="EndArrival"/> follows.</summary>
    /// <returns>False where it has been taken in already.</returns>
    /// <exception cref="KvTransferException">No such slot waits.</exception>
    public bool KvArrived(string requestId, long openedInStep, int firstToken)
    {
        if (Parts.FindRunning(requestId) is not { Awaited: { } awaited } part)
            throw new KvTransferException($"Replica {_setup?.Key} does not wait for a KV cache of request {requestId}.");
        if (!awaited.Arrive(openedInStep))
            return false;
        part.FirstToken = firstToken;
        TakeIn(part);
        return true;
    }

    /// <summary>The stages have opened their data ports for a slot.</summary>
    /// <param name="part">Whose cache it waits for.</param>
    /// <param name="slot">Of <see cref="ExpectKv"/>.</param>
    /// <param name="targets">One array a stage.</param>
    public void KvExpected(PartState part, KvReservation slot, ImmutableArray<ImmutableArray<KvTarget>> targets)
    {
        if (part.HasEnded || !part.Awaited!.Expect(slot))
        {
            _effects.Add(new DropKv(slot)); // the stages may have heard that before they were to expect it
            return;
        }
        part.Announce(new KvReception { OpenedInStep = slot.StepNumber, Targets = [.. targets.SelectMany(ofStage => ofStage)] });
        Parts.OnUpdated(part);
    }

    /// <summary>A stage could not open its data port.</summary>
    public void KvRefused(PartState part, KvReservation slot, string reason, double nowSeconds)
    {
        if (!part.HasEnded && part.Awaited!.IsCurrent(slot.StepNumber))
            GiveUpSlot(part, KvRecovery.Requeue, new RequestFailure
            {
                Party = FailedParty.Stage,
                Phase = RequestPhase.Decode,
                Message = reason,
                MayRetry = true,
            }, [], nowSeconds);
    }

    public void KvTakenIn(PartState part, KvReservation slot, double nowSeconds)
    {
        if (part.HasEnded || !part.Awaited!.TakeIn(slot.StepNumber))
            return; // whoever asked has been told
        _effects.Add(new EndArrival(part.RequestId, slot.StepNumber, null));
        var answer = AnswerWith(part);
        part.TookIn(answer.Length, nowSeconds);
        if (_scheduler!.KvArrived(slot, part.ReadTokens, answer) is { } last)
            Apply([last], nowSeconds);
        Pump(nowSeconds);
    }

    public void KvNotTakenIn(PartState part, KvReservation slot, string reason)
    {
        if (!part.HasEnded && part.Awaited!.Break(slot.StepNumber))
            _effects.Add(new EndArrival(part.RequestId, slot.StepNumber, reason));
    }

    /// <summary>A cache will not come for a slot.</summary>
    public void KvFailed(KvFailure failure, double nowSeconds)
    {
        if (Parts.FindRunning(failure.RequestId) is not { Awaited: { } awaited } part || !awaited.IsCurrent(failure.OpenedInStep))
            return;
        if (failure.ReadHere)
            part.ContinueAfter(failure.Answer.Length);
        GiveUpSlot(part, failure.ReadHere ? KvRecovery.ReadHere : KvRecovery.Requeue, failure.Failure, failure.Answer, nowSeconds);
    }

    private PartState? Awaiting(KvReservation slot) =>
        Parts.FindRunning(slot.RequestId) is { Awaited: { } awaited } part && awaited.Slot == slot ? part : null;

    private void Reserve(KvReservation slot)
    {
        if (Parts.FindRunning(slot.RequestId) is not { Awaited: { } awaited } part)
            return;
        GiveUpSlot(part, "another slot waits for the cache");
        awaited.Reserve(slot);
        _effects.Add(new ExpectKv(part, slot));
    }

    private void SlotOpened(KvReservation slot)
    {
        if (Awaiting(slot) is not { } part)
            return;
        part.Awaited!.Opened(slot);
        TakeIn(part);
    }

    private void TakeIn(PartState part)
    {
        if (!part.Awaited!.TryBeginTakingIn())
            return;
        var slot = part.Awaited.Slot!.Value;
        _effects.Add(new TakeInKv(part, slot, part.ReadTokens, SequenceCommand.Open(slot.Sequence, part.Request, AnswerWith(part))));
    }

    /// <summary>The answer so far, once the cache has come with the token that was sampled last.</summary>
    private static ImmutableArray<int> AnswerWith(PartState part) => [.. part.Request.Answer, part.FirstToken];

    private void GiveUpSlot(PartState part, KvRecovery recovery, RequestFailure failure, ImmutableArray<int> answer, double nowSeconds)
    {
        var slot = part.Awaited!.Slot!.Value;
        GiveUpSlot(part, failure.Message);
        if (_scheduler!.KvFailed(slot, failure, recovery, nowSeconds, answer) is { } last)
            Apply([last], nowSeconds);
        Pump(nowSeconds);
    }

    /// <summary>Whatever comes for the slot is turned away from here on.</summary>
    private void GiveUpSlot(PartState part, string reason)
    {
        if (part.Awaited is not { Slot: { } slot } awaited)
            return;
        if (awaited.State == HandOff.AwaitedState.TakingIn)
            _effects.Add(new EndArrival(part.RequestId, slot.StepNumber, $"The slot of step {slot.StepNumber} had to be given up: {Sentence.End(reason)}"));
        awaited.GiveUp();
        _effects.Add(new DropKv(slot));
    }
}
