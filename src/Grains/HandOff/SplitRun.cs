using System.Collections.Immutable;
using E2LLM.Core.HandOff;
using E2LLM.Core.Requests;
using E2LLM.Grains.Parts;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.HandOff;

/// <summary>
/// Runs one attempt of a request over a replica that reads its prompt and one that writes its answer. What to do when is
/// <see cref="HandOffMachine"/>'s business; this tells it what the two say, and carries out what it wants. All of it runs in the turns of the
/// request's grain.
/// </summary>
internal sealed partial class SplitRun(
    PartInbox inbox, string prefillKey, string decoderKey, GenerationRequest request, AnswerLog answer, TimeProvider time, ILogger logger)
{
    /// <summary>
    /// The prefill side says how it fared while the decoder writes. A short answer may be whole, or enough for its reader, before that
    /// word is here: it waits so long and no longer, for the times alone.
    /// </summary>
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(0.25);

    private readonly HandOffMachine _machine = new(request);
    private readonly SplitTimeline _timeline = new(prefillKey, time);
    private readonly TaskCompletionSource<HandOffEffect.End> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _prefillEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _readingStop;
    private PartReader? _prefill;
    private PartReader? _decoder;
    private ImmutableArray<KvSource> _sources = [];

    /// <summary>The decoder's latest slot; those before are void.</summary>
    private KvReception? _reception;

    private CancellationTokenSource? _sendingStop;

    /// <summary>The word to the prefill side that its cache was taken in; null before.</summary>
    private Task? _release;

    /// <summary>What the sides say of their times that a cancel dropped.</summary>
    private readonly List<Task> _lastWords = [];

    private bool _isCancelled;

    /// <summary>Ends once the prefill side is known to have the request. To be asked for after the run has begun.</summary>
    public Task Taken => _prefill!.Taken;

    /// <summary>Ends when the answer has ended. Both replicas are free by then, or have been told to be.</summary>
    /// <param name="cancellationToken">Ends it as cancelled.</param>
    public async Task<AttemptResult> RunAsync(CancellationToken cancellationToken)
    {
        using var readingStop = new CancellationTokenSource();
        _readingStop = readingStop.Token;
        _prefill = inbox.Open(prefillKey, request, RunMode.PrefillOnly);
        try
        {
            _ = ReadAsync(_prefill, HearPrefill);
            var end = await EndAsync(cancellationToken);
            if (end.Finish != FinishReason.Failed)
            {
                if (_release is not null)
                    _lastWords.Add(Task.WhenAny(_prefillEnded.Task, Task.Delay(LastWordPatience, time, CancellationToken.None)));
                await Task.WhenAll(_lastWords);
            }
            var (key, part) = end.By == HandOffSide.Decoder ? (decoderKey, _decoder!) : (prefillKey, _prefill);
            return new AttemptResult(end.Finish, end.Failure, key, _timeline.Merge(_release is not null), part.Taken.IsCompleted);
        }
        finally
        {
            await readingStop.CancelAsync();
            _ = LeaveAsync();
        }
    }

    private async Task<HandOffEffect.End> EndAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _end.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _isCancelled = true;
            Hear(new HandOffEvent.Cancelled());
            return await _end.Task;
        }
    }

    private async Task LeaveAsync()
    {
        _decoder?.Dispose();
        // The end of the part must not overtake a release that is on its way.
        if (_release is not null)
            await _release;
        _prefill!.Dispose();
    }

    private async Task ReadAsync(PartReader part, Action<PartUpdate> hear)
    {
        try
        {
            while (await part.Updates.WaitToReadAsync(_readingStop))
                while (part.Updates.TryRead(out var update))
                    hear(update);
        }
        catch (OperationCanceledException) when (_end.Task.IsCompleted)
        {
            // Nobody listens any more.
        }
        catch (Exception exception)
        {
            _end.TrySetException(exception);
        }
    }

    private void HearPrefill(PartUpdate update)
    {
        if (!update.Sources.IsEmpty)
        {
            _sources = update.Sources;
            _timeline.PrefillBegan();
            Hear(new HandOffEvent.PrefillBegan());
        }
        if (update.Chunk is not { } chunk)
            return;
        _timeline.FromPrefill(chunk);
        Hear(new HandOffEvent.FromPrefill(chunk));
        if (update.IsLast)
            _prefillEnded.TrySetResult();
    }

    private void HearDecoder(PartUpdate update)
    {
        if (update.Reception is { } reception)
        {
            _reception = reception;
            Hear(new HandOffEvent.SlotReady(reception.OpenedInStep));
        }
        if (update.Chunk is not { } chunk)
            return;
        _timeline.FromDecoder(chunk);
        Hear(new HandOffEvent.FromDecoder(chunk));
    }

    private void Hear(HandOffEvent happened)
    {
        foreach (var effect in _machine.On(happened))
            CarryOut(effect);
    }

    private void CarryOut(HandOffEffect effect)
    {
        switch (effect)
        {
            case HandOffEffect.Deliver deliver:
                answer.Append(deliver.Tokens);
                break;
            case HandOffEffect.StartDecoder:
                _timeline.DecoderQueued();
                _decoder = inbox.Open(decoderKey, request, RunMode.DecodeOnly, _sources);
                _ = ReadAsync(_decoder, HearDecoder);
                break;
            case HandOffEffect.Send:
                _ = SendAsync(_reception!);
                break;
            case HandOffEffect.StopSending:
                _sendingStop?.Cancel();
                break;
            case HandOffEffect.TellArrived told:
                _ = TellArrivedAsync(told.Step, told.FirstToken);
                break;
            case HandOffEffect.TellLost lost:
                _ = TellLostAsync(lost, answer.From(0));
                break;
            case HandOffEffect.ReleasePrefill:
                _release = ReleaseAsync();
                break;
            case HandOffEffect.DropPrefill:
                Drop(_prefill!, _timeline.EndedPrefill);
                break;
            case HandOffEffect.DropDecoder:
                Drop(_decoder!, _timeline.EndedDecoder);
                break;
            case HandOffEffect.End end:
                _end.TrySetResult(end);
                break;
        }
    }

    private void Drop(PartReader part, Action<RequestTimeline> ended)
    {
        if (_isCancelled)
            _lastWords.Add(AskAsync());
        else
            part.Dispose();

        async Task AskAsync()
        {
            if (await part.EndAsync() is { } times)
                ended(times);
        }
    }

    private async Task SendAsync(KvReception reception)
    {
        using var stop = new CancellationTokenSource();
        _sendingStop = stop;
        try
        {
            // Not awaited beyond its end: a replica that does not answer must not hold up the next slot.
            var report = await _prefill!.Replica.SendKvAsync(request.Id, reception.Targets, stop.Token).WaitAsync(stop.Token);
            _timeline.Sent(report);
            Hear(new HandOffEvent.CacheSent(reception.OpenedInStep));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The answer has ended, or the slot is void and another one is there.
        }
        catch (Exception exception)
        {
            LogNotArrived(exception, request.Id, prefillKey);
            Hear(new HandOffEvent.CacheNotSent(reception.OpenedInStep, Failure(exception)));
        }
        finally
        {
            if (_sendingStop == stop)
                _sendingStop = null;
        }
    }

    private async Task TellArrivedAsync(long step, int firstToken)
    {
        try
        {
            await _decoder!.Replica.KvArrivedAsync(request.Id, step, firstToken);
            Hear(new HandOffEvent.CacheTaken(step));
        }
        catch (Exception exception)
        {
            if (_machine.State == HandOffState.TakingIn)
                LogNotArrived(exception, request.Id, decoderKey);
            Hear(new HandOffEvent.CacheRefused(step, Failure(exception)));
        }
    }

    private async Task TellLostAsync(HandOffEffect.TellLost lost, ImmutableArray<int> written)
    {
        try
        {
            await _decoder!.Replica.KvFailedAsync(new KvFailure
            {
                RequestId = request.Id,
                OpenedInStep = lost.Step,
                ReadHere = lost.ReadHere,
                Answer = written,
                Failure = lost.Failure,
            });
        }
        catch (Exception exception)
        {
            Hear(new HandOffEvent.LossUnheard(lost.Step, Failure(exception)));
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await _prefill!.Replica.ReleaseHeldAsync(request.Id);
        }
        catch (Exception exception)
        {
            LogReleaseFailed(exception, request.Id, prefillKey);
            Hear(new HandOffEvent.ReleaseUnheard());
        }
    }

    private static RequestFailure Failure(Exception exception) => new()
    {
        Party = FailedParty.Link,
        Phase = RequestPhase.Decode,
        Message = exception.Message,
        MayRetry = true,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request}: its KV cache did not arrive; replica {Replica} said so, or nothing.")]
    private partial void LogNotArrived(Exception exception, string request, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request}: replica {Replica}, which held its KV cache, does not answer.")]
    private partial void LogReleaseFailed(Exception exception, string request, string replica);
}
