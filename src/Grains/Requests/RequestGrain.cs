using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Parts;
using E2LLM.Grains.Requests.Statistics;
using E2LLM.Scheduling.Admission;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace E2LLM.Grains.Requests;

/// <summary>
/// One request. Its run puts tokens into the log as fast as they come; the reader takes them from there at its own pace, so that a slow
/// reader holds nobody up. The journal is written when a replica has taken the request, with its first token and when it is done, and no
/// token waits for that; one that was turned away is in no journal, so that refusals cost next to nothing. It lives where its reader is,
/// so that tokens cross the network once.
/// </summary>
[Reentrant, GrainType("request"), Immovable, PreferLocalPlacement, CollectionAgeLimit(Minutes = 2)]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class RequestGrain(
    [PersistentState("request", JournalStorage.ProviderName)] IPersistentState<RequestJournal> journal,
    PartInbox inbox,
    TimeProvider time,
    IOptions<RequestOptions> options,
    ILogger<RequestGrain> logger) : Grain, IRequestGrain
{
    private CancellationTokenSource _cancel = new();
    private TaskCompletionSource _ended = NewEnd();
    private AnswerLog _answer = new(time);
    private Task _writing = Task.CompletedTask;
    private Task _counting = Task.CompletedTask;
    private Task? _running;
    private RequestRun? _run;
    private IDisposable? _leaseTimer;
    private long _lastReadAt;
    private int _readTokens;
    private int _readers;
    private bool _isDeleted;

    /// <summary>Set while the record has yet to be written, because the store did not answer. It keeps the grain in memory.</summary>
    private IDisposable? _writeTimer;

    /// <summary>What a run that is stopped ends as, and after how many tokens.</summary>
    private (FinishReason Finish, int Tokens) _stop = (FinishReason.Cancelled, int.MaxValue);

    /// <summary>Null before the request is accepted. The journal has it as <see cref="RequestJournal.Of"/> keeps it.</summary>
    private RequestRecord? _record;

    /// <summary>What anybody but the reader may know.</summary>
    private RequestRecord? Known => _isDeleted ? null : _record;

    private RequestRecord Record
    {
        get => _record!;
        set => _record = value;
    }

    public override Task OnActivateAsync(CancellationToken cancellationToken) => TakeRecordAsync();

    public async IAsyncEnumerable<TokenChunk> RunAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var cancel = Accept(request);
        _readers++;
        try
        {
            var read = 0;
            while (true)
            {
                var changed = _answer.Changed.WaitAsync();
                _lastReadAt = time.GetTimestamp();
                if (_answer.Count > read || Record.Phase == RequestPhase.Done)
                {
                    var chunk = ChunkFrom(read);
                    read = _readTokens = _answer.Count;
                    yield return chunk;
                    if (chunk.Finish is not null)
                        break;
                    continue;
                }
                await changed.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            // The reader has left: with an unfinished answer that means "stop". It may leave when the id has been sent anew.
            if (cancel == _cancel)
                await CancelAsync();
            // Of many that are turned away none stays in memory, nor do the tokens of what was deleted.
            if (--_readers == 0 && (_isDeleted || (Record.Failure is { Party: FailedParty.Queue } && !_run!.Taken.IsCompleted)))
                DeactivateOnIdle();
        }
    }

    public async Task CancelAsync()
    {
        if (_running is { IsCompleted: false })
            await _cancel.CancelAsync();
    }

    public async Task<RequestTimeline?> EndAsync(int tokens)
    {
        if (_running is null)
            return Known?.Timeline;
        if (_ended.Task.IsCompleted && Known is { Finish: FinishReason.Stop or FinishReason.Length or FinishReason.Failed } ended)
        {
            Record = RequestEnding.Stopped(ended, _answer, tokens);
            _ = Write();
        }
        if (!_cancel.IsCancellationRequested)
            _stop = (FinishReason.Stop, tokens);
        await CancelAsync();
        await _ended.Task;
        return Known?.Timeline;
    }

    public async Task InterruptAsync()
    {
        if (_running is not { IsCompleted: false } running)
            return;
        await StopAsInterruptedAsync();
        await running;
        await _counting;
    }

    public async Task<bool> DeleteAsync()
    {
        await EnsureReadAsync();
        if (Known is not { Phase: RequestPhase.Done })
        {
            await CancelAsync();
            return false;
        }
        // What is still to be written would come back.
        await (_running ?? Task.CompletedTask);
        await _writing;
        if (journal.RecordExists)
            await ClearAsync();
        _isDeleted = true;
        StopWriteTimer();
        // A reader may have the last of its tokens yet to come.
        if (_readers == 0)
            DeactivateOnIdle();
        return true;
    }

    public Task RecoverAsync() => _running is null && Known is { } record
        ? StatisticsReport.SendAsync(GrainFactory, record, route: null, logger)
        : Task.CompletedTask;

    public async Task<RequestRecord?> GetAsync()
    {
        await EnsureReadAsync();
        var record = Known;
        if (record is null or { Phase: RequestPhase.Done })
            return record;
        var phase = record.Phase == RequestPhase.Accepted && _run?.Route is not null ? RequestPhase.Queued : record.Phase;
        return record with { Phase = phase, GeneratedTokens = _answer.From(0) };
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_running is { IsCompleted: false } running)
        {
            await StopAsInterruptedAsync();
            await running.WaitAsync(cancellationToken);
        }
        if (_writeTimer is not null)
            await Write();
        StopWriteTimer();
        _cancel.Dispose();
    }

    private async Task TakeRecordAsync()
    {
        _record = journal.State.Record;
        if (_record is { Phase: not RequestPhase.Done } left)
            await EndLeftAsync(left);
    }

    /// <summary>Of a grain that came to memory while the store did not answer.</summary>
    /// <exception cref="StorageUnavailableException">It still does not.</exception>
    private async Task EnsureReadAsync()
    {
        if (_running is not null || !journal.State.IsUnread)
            return;
        // What is written next waits for this, so that neither sees half of the other.
        var read = ReadAfterAsync(_writing);
        _writing = read;
        await read;
        // A request may have begun meanwhile; then there is no other record.
        if (_running is not null || _record is not null)
            return;
        if (journal.State.IsUnread)
            throw new StorageUnavailableException($"Whether there is a record of request '{this.GetPrimaryKeyString()}' cannot be told: the journal's store does not answer.");
        await TakeRecordAsync();
    }

    /// <summary>A record that nobody works on any more: whoever did is gone without a word.</summary>
    private async Task EndLeftAsync(RequestRecord left)
    {
        LogInterrupted(left.Request.Id, left.Phase);
        Record = left with { Phase = RequestPhase.Done, Finish = FinishReason.Interrupted, Failure = RequestEnding.Interruption(left.Phase) };
        // Only what is written is counted, so that it is counted once.
        if (await TryWriteAsync())
            _ = StatisticsReport.SendAsync(GrainFactory, Record, route: null, logger);
    }

    /// <summary>A run that has been stopped for another reason keeps that one.</summary>
    private Task StopAsInterruptedAsync()
    {
        if (!_cancel.IsCancellationRequested)
            _stop = (FinishReason.Interrupted, int.MaxValue);
        return _cancel.CancelAsync();
    }

    /// <returns>What ends the run.</returns>
    private CancellationTokenSource Accept(GenerationRequest request)
    {
        if (Known is { } known && !RequestEnding.MayBeSentAgain(known))
            throw new RequestRejectedException($"Request id '{known.Request.Id}' has been used already. Every request needs an id of its own.");
        if (request.Id != this.GetPrimaryKeyString())
            throw new RequestRejectedException($"Request '{request.Id}' came to the grain of '{this.GetPrimaryKeyString()}'.");
        if (_running is { IsCompleted: false })
            throw new RequestRejectedException($"Request '{request.Id}' ended a moment ago. Send it again later, or with another id.");
        RequestRules.Check(request);
        if (!request.Answer.IsDefaultOrEmpty)
            throw new RequestRejectedException($"Request '{request.Id}' has an answer already. Answers are gone on with between replicas only.");
        if (_running is not null)
            Renew();
        _answer = new AnswerLog(time);
        _lastReadAt = time.GetTimestamp();
        Record = new RequestRecord
        {
            Request = request,
            Phase = RequestPhase.Accepted,
            Timeline = new RequestTimeline { AcceptedAt = time.GetUtcNow(), PromptTokens = request.PromptTokens.Length },
        };
        var lease = options.Value.ReaderLeaseSeconds;
        _leaseTimer = this.RegisterGrainTimer(CheckLeaseAsync, new GrainTimerCreationOptions
        {
            DueTime = TimeSpan.FromSeconds(lease / 2),
            Period = TimeSpan.FromSeconds(lease / 2),
            Interleave = true,
            KeepAlive = true,
        });
        _run = new RequestRun(request, _answer, GrainFactory, inbox, options.Value, time, logger);
        _running = RunToEndAsync(_run);
        return _cancel;
    }

    /// <summary>The id of a request that has ended here, and of which nobody has had anything, is sent again.</summary>
    private void Renew()
    {
        _cancel.Dispose();
        (_cancel, _ended, _stop, _readTokens, _isDeleted) = (new CancellationTokenSource(), NewEnd(), (FinishReason.Cancelled, int.MaxValue), 0, false);
    }

    /// <summary>
    /// A client that was killed never ends its enumeration (the runtime notices up to a minute later): what has not been fetched for
    /// a whole lease although it lay ready is taken as abandoned, so that its KV cells come free.
    /// </summary>
    private async Task CheckLeaseAsync()
    {
        if (_answer.Count > _readTokens && time.GetElapsedTime(_lastReadAt).TotalSeconds > options.Value.ReaderLeaseSeconds)
        {
            LogAbandoned(this.GetPrimaryKeyString(), options.Value.ReaderLeaseSeconds);
            await CancelAsync();
        }
    }

    private async Task RunToEndAsync(RequestRun run)
    {
        _ = NoteTakenAsync(run, _ended.Task);
        var begun = NoteFirstTokenAsync();
        var result = await run.RunAsync(_cancel.Token);
        _leaseTimer?.Dispose();
        Record = RequestEnding.Of(Record, result, run, _answer, _stop);
        _ended.TrySetResult();
        _answer.Changed.Pulse();
        _counting = StatisticsReport.SendAsync(GrainFactory, Record, run.Route, logger);
        await begun;
        if (run.Taken.IsCompleted || Record.Finish != FinishReason.Failed)
            await Write();
    }

    /// <summary>From here on somebody works on it, and a restart has to know.</summary>
    private async Task NoteTakenAsync(RequestRun run, Task ended)
    {
        await Task.WhenAny(run.Taken, ended);
        if (!ended.IsCompleted)
            await Write();
    }

    /// <summary>From the first token on, somebody may have had a part of the answer: that has to outlive this process.</summary>
    private async Task NoteFirstTokenAsync()
    {
        while (_answer.Count == 0 && !_ended.Task.IsCompleted)
            await _answer.Changed.WaitAsync();
        if (Record.Phase == RequestPhase.Done)
            return;
        Record = Record with { Phase = RequestPhase.Decode };
        await Write();
    }

    private TokenChunk ChunkFrom(int index)
    {
        var done = Record.Phase == RequestPhase.Done;
        return new TokenChunk
        {
            FirstIndex = index,
            Tokens = _answer.From(index),
            Finish = done ? Record.Finish : null,
            Failure = done ? Record.Failure : null,
            Timeline = done ? Record.Timeline : null,
        };
    }

    /// <summary>Writes the journal as it is then, after the writes before.</summary>
    private Task Write() => _writing = WriteAfterAsync(_writing);

    private async Task ReadAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        if (_running is null && journal.State.IsUnread)
            await journal.ReadStateAsync();
    }

    private async Task WriteAfterAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await TryWriteAsync();
    }

    private async Task<bool> TryWriteAsync()
    {
        if (_isDeleted)
            return false;
        try
        {
            journal.State = RequestJournal.Of(Record, options.Value.StoreText);
            await journal.WriteStateAsync();
            StopWriteTimer();
            return true;
        }
        catch (Exception exception) when (StorageFaults.IsOutage(exception))
        {
            _writeTimer ??= this.RegisterGrainTimer(Write, new GrainTimerCreationOptions
            {
                DueTime = StorageFaults.RetryAfter,
                Period = StorageFaults.RetryAfter,
                Interleave = true,
                KeepAlive = true,
            });
            return false;
        }
        catch (Exception exception)
        {
            // An answer under way is worth more than its record.
            LogJournalFailed(exception, this.GetPrimaryKeyString());
            return false;
        }
    }

    private async Task ClearAsync()
    {
        try
        {
            await journal.ClearStateAsync();
        }
        catch (OrleansException exception) when (exception.InnerException is StorageUnavailableException outage)
        {
            // The record stays, and so does its reader's view of it.
            throw new StorageUnavailableException(outage.Message, outage);
        }
    }

    private void StopWriteTimer()
    {
        _writeTimer?.Dispose();
        _writeTimer = null;
    }

    private static TaskCompletionSource NewEnd() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
