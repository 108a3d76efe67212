using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Churn;

/// <summary>One attempt of a request: on one replica, or over one that reads its prompt and one that writes its answer. Of two, <see cref="HandOffMachine"/> decides who does what.</summary>
internal sealed class FogAttempt(
    FogRequest request, GenerationRequest generation, LiveReplica prefill, LiveReplica decode, FogAttemptRules rules) : ISampledAnswer
{
    private readonly HandOffMachine? _handOff = prefill == decode ? null : new(generation);
    private bool _wasAdmitted;
    private bool _hasPrefillEnded;
    private bool _hasDecoderEnded;
    private double? _readSeconds;
    private KvReservation _reservation;

    /// <summary>The slot that the cache is to go to; null where there is none, or what is on its way is void.</summary>
    private long? _sendStep;

    public FogRequest Request => request;

    public string Id => generation.Id;

    public bool HasEnded { get; private set; }

    /// <summary>Of prompt and answer, what has to be read before the next token.</summary>
    private int ReadTokens => generation.PromptTokens.Length + generation.Answer.Length;

    private double NowSeconds => rules.Events.NowSeconds;

    public void Begin() => Submit(prefill, _handOff is null ? RunMode.Whole : RunMode.PrefillOnly);

    public int Sample() => request.Sample();

    public void OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted)
    {
        if (replica == prefill.Serving)
        {
            request.Times.WaitSeconds += admitted.WaitSeconds;
            if (!_wasAdmitted && request.HasBegun)
                request.Times.RecomputedTokens += ReadTokens;
            _wasAdmitted = request.HasBegun = true;
            Hear(new HandOffEvent.PrefillBegan());
        }
        else if (_handOff?.State == HandOffState.ReadingAnew)
        {
            // Until then its wait counted for as long as the cache would have been there.
            request.Times.WaitSeconds += admitted.WaitSeconds;
            request.Times.RecomputedTokens += generation.PromptTokens.Length + request.Tokens;
        }
    }

    public void OnReserved(KvReservation reservation)
    {
        _reservation = reservation;
        Hear(new HandOffEvent.SlotReady(reservation.StepNumber));
    }

    public void OnUpdate(SimulatedReplica replica, RequestUpdate update)
    {
        var (chunk, isLast) = (update.Chunk, update.Chunk.Finish is not null);
        if (_handOff is null)
        {
            request.Append(chunk.FirstIndex, chunk.Tokens.Length, NowSeconds);
            if (isLast)
                End(chunk.Finish!.Value, chunk.Failure, prefill);
        }
        else if (replica == prefill.Serving)
        {
            _hasPrefillEnded |= isLast;
            var isRead = update.Prefill is { IsHeld: true };
            if (isRead)
                _readSeconds = NowSeconds;
            if (isLast || chunk.Tokens.Length > 0)
                Hear(new HandOffEvent.FromPrefill(chunk));
            if (isRead)
                Send();
        }
        else
        {
            _hasDecoderEnded |= isLast;
            Hear(new HandOffEvent.FromDecoder(chunk));
        }
    }

    /// <summary>A replica that it was given to is known to be gone, or does not take it.</summary>
    public void OnLost(LiveReplica replica, RequestFailure failure)
    {
        if (HasEnded)
            return;
        if (_handOff is null)
        {
            End(FinishReason.Failed, failure, replica);
            return;
        }

        var last = new TokenChunk { FirstIndex = request.Tokens, Finish = FinishReason.Failed, Failure = failure };
        if (replica == prefill)
        {
            _hasPrefillEnded = true;
            Hear(new HandOffEvent.FromPrefill(last));
        }
        else
        {
            _hasDecoderEnded = true;
            Hear(new HandOffEvent.FromDecoder(last));
        }
    }

    private void Submit(LiveReplica replica, RunMode mode)
    {
        if (!replica.IsUp)
        {
            // Who is given to one that is gone hears of it no sooner than others do.
            var seconds = replica.IsStopped ? 0 : rules.DetectionSeconds;
            rules.Events.At(NowSeconds + seconds, EventKind.Timer, () => OnLost(replica, Lost($"Replica {replica.Key} does not answer.")));
            return;
        }
        if (replica.IsDraining)
        {
            rules.Events.At(NowSeconds, EventKind.Timer, () => OnLost(replica, Lost($"Replica {replica.Key} takes no requests: it is being drained.")));
            return;
        }

        replica.Attempts.Add(this);
        try
        {
            replica.Serving.Enqueue(generation, mode);
        }
        catch (RequestRejectedException rejected)
        {
            var failure = Lost(rejected.Message) with { Party = FailedParty.Client, MayRetry = false };
            rules.Events.At(NowSeconds, EventKind.Timer, () => OnLost(replica, failure));
        }
    }

    private void Hear(HandOffEvent happened)
    {
        foreach (var effect in _handOff?.On(happened) ?? [])
            CarryOut(effect);
    }

    private void CarryOut(HandOffEffect effect)
    {
        switch (effect)
        {
            case HandOffEffect.Deliver deliver:
                request.Append(deliver.FirstIndex, deliver.Tokens.Length, NowSeconds);
                break;
            case HandOffEffect.StartDecoder:
                Submit(decode, RunMode.DecodeOnly);
                break;
            case HandOffEffect.Send send:
                _sendStep = send.Step;
                if (_readSeconds is not null)
                    Send();
                break;
            case HandOffEffect.StopSending:
                _sendStep = null;
                break;
            case HandOffEffect.TellArrived arrived when decode.IsUp:
                // That it is taken in is known in the moment that it is there, so the slot that held it is free by then.
                Hear(new HandOffEvent.CacheTaken(arrived.Step));
                decode.Serving.KvArrived(_reservation, ReadTokens, [.. generation.Answer, arrived.FirstToken]);
                break;
            case HandOffEffect.TellLost lost:
                TellLost(_reservation, lost.Failure, request.Answer);
                break;
            case HandOffEffect.ReleasePrefill when prefill.IsUp:
                prefill.Serving.Release(Id);
                break;
            case HandOffEffect.DropPrefill when prefill.IsUp && !_hasPrefillEnded:
                prefill.Serving.Cancel(Id);
                break;
            case HandOffEffect.DropDecoder when decode.IsUp && !_hasDecoderEnded:
                decode.Serving.Cancel(Id);
                break;
            case HandOffEffect.End end:
                End(end.Finish, end.Failure, end.By == HandOffSide.Decoder ? decode : prefill);
                break;
        }
    }

    /// <summary>Not at once: the step that opens the slot may not be on its way yet.</summary>
    private void TellLost(KvReservation reservation, RequestFailure failure, ImmutableArray<int> answer) =>
        rules.Events.At(NowSeconds, EventKind.Timer, () =>
        {
            if (!HasEnded && decode.IsUp)
                decode.Serving.KvFailed(reservation, failure, answer);
        });

    private void Send()
    {
        if (_sendStep is not { } step)
            return;
        var trip = rules.Links.SendRead(prefill.Plan, decode.Plan, ReadTokens, _readSeconds!.Value, NowSeconds);
        request.Times.WaitSeconds += trip.WaitSeconds;
        request.Times.KvBytes += trip.Bytes;
        rules.Events.At(trip.ArrivalSeconds, EventKind.Transfer, () =>
        {
            // With either of them gone nothing has arrived; that is heard of in its time.
            if (_sendStep == step && prefill.IsUp && decode.IsUp)
                Hear(new HandOffEvent.CacheSent(step));
        });
    }

    private void End(FinishReason finish, RequestFailure? failure, LiveReplica by)
    {
        HasEnded = true;
        prefill.Attempts.Remove(this);
        decode.Attempts.Remove(this);
        rules.Ended(this, finish, failure, by.Key);
    }

    public static RequestFailure Lost(string message) =>
        new() { Party = FailedParty.Stage, Phase = RequestPhase.Decode, Message = message, MayRetry = true };
}
