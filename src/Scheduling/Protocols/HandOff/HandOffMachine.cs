using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Scheduling.Protocols.HandOff;

/// <summary>
/// One request's way from the replica that reads its prompt (the prefill side) to the one that writes its answer (the decoder), as the
/// request sees it: events in, effects out, no clock and no calls. Events that are late, doubled or about a slot that is void change
/// nothing.
/// </summary>
/// <remarks>
/// Until the decoder has taken the cache in, the cache is the prefill side's, who keeps it, and the first token comes from there. From
/// then on all is the decoder's. The request alone says who lets go:
/// <code>
/// state        prefill side     decoder            the cache is         the prefill side fails    the decoder fails
/// Reading      reads            not asked          the prefill side's   the answer ends           -
/// Reserving    reads or holds   makes a slot       the prefill side's   -> Abandoned              the answer ends, prefill dropped
/// Sending      reads or holds   has a slot         the prefill side's   lost, -> ReadingAnew      the answer ends, prefill dropped
/// Sent         holds            has received it    the prefill side's   lost, -> ReadingAnew      the answer ends, prefill dropped
/// TakingIn     holds            is told            nobody knows whose   kept in mind              the answer ends, prefill dropped
/// HandedOn     released         writes             the decoder's        nothing                   the answer ends
/// Abandoned    dropped          makes a slot       nobody's             nothing                   the answer ends
/// ReadingAnew  dropped          reads the prompt   the decoder's own    nothing                   the answer ends
/// Ended        as the end found it: what still runs is dropped, what was handed on is released
/// </code>
/// <list type="bullet">
/// <item>A slot that comes while another is known makes that one void: its sending is broken off, and the cache goes to the new one.</item>
/// <item>A sending that fails, or a cache that is not taken in, is tried again in another slot; after <see cref="MaxSendings"/> of them the
/// prefill side is dropped and the decoder told to read the prompt itself. So it is in TakingIn, at once, where the prefill side has
/// failed meanwhile.</item>
/// <item>The word that the decoder has taken the cache in may be lost. Its tokens say so too, in any state.</item>
/// <item>Once the decoder has been told to read the prompt itself, whatever the prefill side still says is not heard: two writers
/// could differ.</item>
/// <item>A cancel drops what runs, on both sides. A decoder that could not be told of a loss would wait for ever: the answer ends.</item>
/// </list>
/// </remarks>
public sealed class HandOffMachine
{
    /// <summary>Sendings of one cache before the decoder reads the prompt itself.</summary>
    public const int MaxSendings = 2;

    private readonly ImmutableArray<HandOffEffect>.Builder _effects = ImmutableArray.CreateBuilder<HandOffEffect>();
    private readonly bool _needsDecoder;
    private int _nextIndex;
    private int? _firstToken;
    private int _failedSendings;

    /// <summary>The latest slot of the decoder; later ones have higher steps.</summary>
    private long _step = -1;

    /// <summary>Why the prefill side is of no more use; null while it is.</summary>
    private RequestFailure? _prefillFailure;

    /// <param name="request">What the two sides run; its tokens are counted from the end of the answer that it brings along.</param>
    public HandOffMachine(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _nextIndex = request.Answer.Length;
        // An answer that ends with its first token needs no second replica.
        _needsDecoder = request.MaxTokens - _nextIndex > 1;
    }

    public HandOffState State { get; private set; } = HandOffState.Reading;

    /// <summary>Whether the prefill side still reads the prompt, or holds its cache, for the decoder.</summary>
    private bool PrefillCounts => State is HandOffState.Reading or HandOffState.Reserving or HandOffState.Sending or HandOffState.Sent
        or HandOffState.TakingIn && _prefillFailure is null;

    /// <summary>Something has happened.</summary>
    /// <returns>What is to be done now, in this order; mostly one thing or nothing.</returns>
    public ImmutableArray<HandOffEffect> On(HandOffEvent happened)
    {
        _effects.Clear();
        switch (happened)
        {
            case HandOffEvent.FromDecoder decoder when State is not (HandOffState.Reading or HandOffState.Ended):
                OnDecoder(decoder.Chunk);
                break;
            case HandOffEvent.FromPrefill prefill when PrefillCounts:
                OnPrefill(prefill.Chunk);
                break;
            case HandOffEvent.PrefillBegan when State == HandOffState.Reading && _needsDecoder:
                Go(HandOffState.Reserving, new HandOffEffect.StartDecoder());
                break;
            case HandOffEvent.SlotReady slot when slot.Step > _step:
                OnSlot(slot.Step);
                break;
            case HandOffEvent.CacheSent sent when IsAt(HandOffState.Sending, sent.Step):
                Go(HandOffState.Sent);
                TellArrivedIfKnown();
                break;
            case HandOffEvent.CacheNotSent failed when IsAt(HandOffState.Sending, failed.Step):
                OnNotArrived(failed.Failure);
                break;
            case HandOffEvent.CacheTaken taken when IsAt(HandOffState.TakingIn, taken.Step):
                HandOn();
                break;
            case HandOffEvent.CacheRefused refused when IsAt(HandOffState.TakingIn, refused.Step):
                OnNotArrived(refused.Failure);
                break;
            case HandOffEvent.LossUnheard unheard when unheard.Step == _step
                && State is HandOffState.Reserving or HandOffState.Abandoned or HandOffState.ReadingAnew:
                End(FinishReason.Failed, unheard.Failure, HandOffSide.Decoder);
                break;
            case HandOffEvent.ReleaseUnheard when State is HandOffState.HandedOn or HandOffState.Ended:
                _effects.Add(new HandOffEffect.DropPrefill());
                break;
            case HandOffEvent.Cancelled when State != HandOffState.Ended:
                End(FinishReason.Cancelled, null, null);
                break;
        }
        return _effects.ToImmutable();
    }

    private bool IsAt(HandOffState state, long step) => State == state && step == _step;

    private void Go(HandOffState state, params ReadOnlySpan<HandOffEffect> effects)
    {
        State = state;
        _effects.AddRange(effects);
    }

    private void OnPrefill(TokenChunk chunk)
    {
        if (!TryDeliver(chunk))
            LosePrefill(Missing(chunk));
        else if (chunk.Finish is FinishReason.Stop or FinishReason.Length)
            End(chunk.Finish.Value, null, HandOffSide.Prefill);
        else if (IsLast(chunk))
            LosePrefill(chunk.Failure ?? Unasked());
        else if (chunk.Tokens.Length > 0)
        {
            _firstToken ??= chunk.Tokens[0];
            TellArrivedIfKnown();
        }
    }

    private void OnDecoder(TokenChunk chunk)
    {
        if (chunk.Tokens.Length > 0 || chunk.Finish is FinishReason.Stop or FinishReason.Length)
            HandOn();
        if (!TryDeliver(chunk))
            End(FinishReason.Failed, Missing(chunk), HandOffSide.Decoder);
        else if (chunk.Finish is FinishReason.Stop or FinishReason.Length)
            End(chunk.Finish.Value, null, HandOffSide.Decoder);
        else if (IsLast(chunk))
            End(FinishReason.Failed, chunk.Failure ?? Unasked(), HandOffSide.Decoder);
    }

    private void OnSlot(long step)
    {
        switch (State)
        {
            case HandOffState.Reserving or HandOffState.Sending or HandOffState.Sent or HandOffState.TakingIn:
                StopSending();
                _step = step;
                if (_prefillFailure is { } lost)
                    ReadAnew(lost);
                else
                    Go(HandOffState.Sending, new HandOffEffect.Send(step));
                break;
            case HandOffState.Abandoned or HandOffState.ReadingAnew:
                _step = step;
                Go(HandOffState.ReadingAnew, new HandOffEffect.TellLost(step, ReadHere: true, _prefillFailure!));
                break;
        }
    }

    private void TellArrivedIfKnown()
    {
        if (State == HandOffState.Sent && _firstToken is { } token)
            Go(HandOffState.TakingIn, new HandOffEffect.TellArrived(_step, token));
    }

    private void OnNotArrived(RequestFailure failure)
    {
        _failedSendings++;
        if (_prefillFailure is { } lost)
            ReadAnew(lost);
        else if (_failedSendings >= MaxSendings)
            ReadAnew(failure);
        else
            Go(HandOffState.Reserving, new HandOffEffect.TellLost(_step, ReadHere: false, failure));
    }

    private void HandOn()
    {
        if (State is HandOffState.HandedOn or HandOffState.ReadingAnew)
            return;
        StopSending();
        var holds = PrefillCounts;
        Go(HandOffState.HandedOn);
        if (holds)
            _effects.Add(new HandOffEffect.ReleasePrefill());
    }

    private void LosePrefill(RequestFailure failure)
    {
        _prefillFailure = failure;
        switch (State)
        {
            case HandOffState.Reading:
                End(FinishReason.Failed, failure, HandOffSide.Prefill);
                break;
            case HandOffState.Reserving:
                Go(HandOffState.Abandoned, new HandOffEffect.DropPrefill());
                break;
            case HandOffState.Sending or HandOffState.Sent:
                StopSending();
                ReadAnew(failure);
                break;
        }
    }

    private void ReadAnew(RequestFailure failure)
    {
        _prefillFailure = failure;
        Go(HandOffState.ReadingAnew, new HandOffEffect.DropPrefill(), new HandOffEffect.TellLost(_step, ReadHere: true, failure));
    }

    private void StopSending()
    {
        if (State == HandOffState.Sending)
            _effects.Add(new HandOffEffect.StopSending(_step));
    }

    private void End(FinishReason finish, RequestFailure? failure, HandOffSide? by)
    {
        StopSending();
        if (PrefillCounts)
            _effects.Add(new HandOffEffect.DropPrefill());
        if (State != HandOffState.Reading)
            _effects.Add(new HandOffEffect.DropDecoder());
        Go(HandOffState.Ended, new HandOffEffect.End(finish, failure, by));
    }

    /// <summary>Delivers what is new of a chunk; false where tokens are missing before it.</summary>
    private bool TryDeliver(TokenChunk chunk)
    {
        var known = _nextIndex - chunk.FirstIndex;
        if (chunk.Tokens.Length == 0 || known >= chunk.Tokens.Length)
            return true;
        if (known < 0)
            return false;
        _effects.Add(new HandOffEffect.Deliver(_nextIndex, chunk.Tokens[known..]));
        _nextIndex = chunk.FirstIndex + chunk.Tokens.Length;
        return true;
    }

    private static bool IsLast(TokenChunk chunk) => chunk is { Finish: not null } or { Timeline: not null };

    private RequestFailure Missing(TokenChunk chunk) =>
        Failure($"A replica went on with token {chunk.FirstIndex} of the answer where token {_nextIndex} was next.");

    private RequestFailure Unasked() => Failure("A replica ended its part of the request unasked, and without a reason.");

    private RequestFailure Failure(string message) => new()
    {
        Party = FailedParty.Stage,
        Phase = _firstToken is null ? RequestPhase.Prefill : RequestPhase.Decode,
        Message = message,
        MayRetry = true,
    };
}
