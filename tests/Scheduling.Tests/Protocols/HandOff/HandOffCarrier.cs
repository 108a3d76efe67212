using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.HandOff;

/// <summary>Carries out the effects of one request's hand-off on two replicas with real schedulers, over a network that loses and doubles.</summary>
internal sealed class HandOffCarrier(
    GenerationRequest request, ReplicaModel prefill, ReplicaModel decoder, LossyNetwork network, Random random, double kvFailChance)
{
    private readonly HandOffMachine _machine = new(request);
    private readonly Queue<HandOffEvent> _fromPrefill = new();
    private readonly Queue<HandOffEvent> _fromDecoder = new();
    private readonly List<HandOffEvent> _heard = [];
    private readonly List<int> _exported = [];
    private readonly HashSet<int> _filledStages = [];
    private readonly HashSet<long> _sendings = [];
    private KvReservation? _slot;
    private bool _hasReceived;

    public AnswerModel Answer { get; } =
        new(request, Math.Max(decoder.Engine.MaxSequenceTokens, request.PromptTokens.Length + request.Answer.Length + 1));

    public HandOffState State => _machine.State;

    public bool IsHeld { get; private set; }

    public bool HasTakenIn { get; private set; }

    public bool ReadsAnew { get; private set; }

    private string Id => request.Id;

    public void HearNext()
    {
        if ((random.Next(2) == 0 ? _fromPrefill : _fromDecoder).TryDequeue(out var happened))
            Hear(happened);
    }

    /// <summary>Something that was heard before comes once more.</summary>
    public void HearAgain()
    {
        if (_heard.Count > 0)
            Carry(_heard[random.Next(_heard.Count)]);
    }

    public void Cancel() => Carry(new HandOffEvent.Cancelled());

    public void PrefillAdmitted() => _fromPrefill.Enqueue(new HandOffEvent.PrefillBegan());

    /// <summary>The prefill side has said something and, where it read on, holds more of the cache.</summary>
    public void PrefillUpdated(RequestUpdate update)
    {
        if (update.Chunk is not { Tokens.IsEmpty: true, Finish: null })
            _fromPrefill.Enqueue(new HandOffEvent.FromPrefill(update.Chunk));
        if (update.Prefill is not { } progress)
            return;
        _exported.RemoveRange(progress.FromPosition, _exported.Count - progress.FromPosition);
        _exported.AddRange(prefill.Stages[0].Export(progress.Sequence, progress.FromPosition, progress.ToPosition));
        IsHeld = progress.IsHeld;
    }

    /// <summary>The prefill replica has lost a cache, and gives its parts up.</summary>
    public void PrefillGivesUp()
    {
        if (prefill.Cancel(Id) is not { } last)
            return;
        IsHeld = false;
        _fromPrefill.Enqueue(new HandOffEvent.FromPrefill(last.Chunk with { Finish = FinishReason.Failed, Failure = TestRequests.Failure }));
    }

    public void SlotIssued(KvReservation reservation)
    {
        Void();
        _slot = reservation;
        _fromDecoder.Enqueue(new HandOffEvent.SlotReady(reservation.StepNumber));
    }

    public void DecoderUpdated(RequestUpdate update) => _fromDecoder.Enqueue(new HandOffEvent.FromDecoder(update.Chunk));

    public void DecoderLost(IReadOnlyCollection<long> steps, bool all)
    {
        if (_slot is { } slot && (all || steps.Contains(slot.StepNumber)))
            Void();
    }

    private void Hear(HandOffEvent happened)
    {
        _heard.Add(happened);
        Carry(happened);
    }

    private void Carry(HandOffEvent happened)
    {
        foreach (var effect in _machine.On(happened))
            CarryOut(effect);
    }

    private void CarryOut(HandOffEffect effect)
    {
        switch (effect)
        {
            case HandOffEffect.Deliver deliver:
                Answer.Receive(new TokenChunk { FirstIndex = deliver.FirstIndex, Tokens = deliver.Tokens });
                break;
            case HandOffEffect.End end:
                Answer.Receive(new TokenChunk { FirstIndex = Answer.Tokens.Count, Finish = end.Finish, Failure = end.Failure });
                break;
            case HandOffEffect.StartDecoder:
                network.Post(StartDecoder);
                break;
            case HandOffEffect.Send send:
                _sendings.Add(send.Step);
                network.Post(() => Send(send.Step));
                break;
            case HandOffEffect.StopSending stop:
                _sendings.Remove(stop.Step);
                break;
            case HandOffEffect.TellArrived told:
                network.Post(() => TakeIn(told));
                break;
            case HandOffEffect.TellLost lost:
                var answer = Answer.Tokens.ToArray();
                network.Call(
                    () => Lose(lost, answer),
                    heard => HearUnless(heard, new HandOffEvent.LossUnheard(lost.Step, TestRequests.Failure)));
                break;
            case HandOffEffect.ReleasePrefill:
                Require(HasTakenIn, "the cache is freed before the decoder has it");
                network.Call(Release, heard => HearUnless(heard, new HandOffEvent.ReleaseUnheard()));
                break;
            case HandOffEffect.DropPrefill:
                network.Post(() => prefill.Cancel(Id));
                break;
            case HandOffEffect.DropDecoder:
                network.Post(() => decoder.Cancel(Id));
                break;
        }
    }

    private void StartDecoder()
    {
        if (State == HandOffState.Ended)
            return; // its end has overtaken it, and is remembered
        try
        {
            decoder.Enqueue(request, RunMode.DecodeOnly, nowSeconds: 0);
        }
        catch (E2LlmException refusal)
        {
            _fromDecoder.Enqueue(new HandOffEvent.FromDecoder(new TokenChunk
            {
                FirstIndex = 0,
                Finish = FinishReason.Failed,
                Failure = TestRequests.Failure with { MayRetry = refusal.MayRetry },
            }));
        }
    }

    private void Send(long step)
    {
        if (!_sendings.Contains(step))
            return;
        if (!IsHeld && prefill.IsAlive(Id))
        {
            network.Post(() => Send(step));
            return;
        }
        _sendings.Remove(step);
        if (!prefill.IsAlive(Id) || random.NextDouble() < kvFailChance)
        {
            Hear(new HandOffEvent.CacheNotSent(step, TestRequests.Failure));
            return;
        }
        Require(_exported.SequenceEqual([.. request.PromptTokens, .. request.Answer]), "the stages confirmed other positions than the prompt's");
        _hasReceived |= _slot?.StepNumber == step;
        Hear(new HandOffEvent.CacheSent(step));
    }

    /// <summary>The decoder's stages take the cache in, one by one, as soon as each has opened the slot.</summary>
    private void TakeIn(HandOffEffect.TellArrived told)
    {
        if (_slot is not { } slot || slot.StepNumber != told.Step || !_hasReceived || !decoder.IsAlive(Id) || random.NextDouble() < kvFailChance)
        {
            _hasReceived = false;
            Hear(new HandOffEvent.CacheRefused(told.Step, TestRequests.Failure));
            return;
        }
        var open = SequenceCommand.Open(slot.Sequence, request, [.. request.Answer, told.FirstToken]);
        foreach (var (index, stage) in decoder.Stages.Index())
            if (random.Next(2) == 0 && !_filledStages.Contains(index) && stage.TryImport(open, slot.StepNumber, _exported))
                _filledStages.Add(index);
        if (_filledStages.Count < decoder.Stages.Length)
        {
            network.Post(() => TakeIn(told));
            return;
        }
        Void();
        HasTakenIn = true;
        decoder.Report(decoder.Scheduler.KvArrived(
            slot, request.PromptTokens.Length + request.Answer.Length, [.. request.Answer, told.FirstToken]));
        if (random.NextDouble() < kvFailChance)
            Hear(new HandOffEvent.CacheRefused(told.Step, TestRequests.Failure)); // the word is lost
        else
            network.Post(() => Hear(new HandOffEvent.CacheTaken(told.Step)));
    }

    private bool Lose(HandOffEffect.TellLost lost, int[] answer)
    {
        if (_slot is not { } slot || slot.StepNumber != lost.Step || !decoder.IsAlive(Id))
            return true;
        Void();
        ReadsAnew |= lost.ReadHere;
        var recovery = lost.ReadHere ? KvRecovery.ReadHere : KvRecovery.Requeue;
        var last = decoder.Scheduler.KvFailed(slot, lost.Failure, recovery, nowSeconds: 0, [.. answer]);
        if (last is null)
            decoder.Requeued(Id);
        decoder.Report(last);
        return true;
    }

    private bool Release()
    {
        if (prefill.IsAlive(Id))
            prefill.Release(Id);
        return true;
    }

    private void HearUnless(bool heard, HandOffEvent otherwise)
    {
        if (!heard)
            Hear(otherwise);
    }

    private void Void()
    {
        _slot = null;
        _hasReceived = false;
        _filledStages.Clear();
    }

    private void Require(bool condition, string violation)
    {
        if (!condition)
            throw new InvalidOperationException($"{Id}: {violation}");
    }
}
