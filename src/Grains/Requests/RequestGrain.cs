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
/// reader holds nobody up. The journal is written when the request is accepted, with its first token and when it is done, and no token
/// waits for that. It lives where its reader is, so that tokens cross the network once.
/// </summary>
[Reentrant, GrainType("request"), PreferLocalPlacement, CollectionAgeLimit(Minutes = 2)]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class RequestGrain(
    [PersistentState("request", JournalStorage.ProviderName)] IPersistentState<RequestJournal> journal,
    PartInbox inbox,
    TimeProvider time,
    IOptions<RequestOptions> options,
    ILogger<RequestGrain> logger) : Grain, IRequestGrain
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AnswerLog _answer = new(time);
    private Task _writing = Task.CompletedTask;
    private Task? _running;
    private RequestRun? _run;
    private IDisposable? _leaseTimer;
    private long _lastReadAt;
    private int _readTokens;

    /// <summary>What a run that is stopped ends as, and after how many tokens.</summary>
    private (FinishReason Finish, int Tokens) _stop = (FinishReason.Cancelled, int.MaxValue);

    private RequestRecord Record
    {
        get => journal.State.Record!;
        set => journal.State.Record = value;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (journal.State.Record is { Phase: not RequestPhase.Done } left)
            await InterruptAsync(left);
    }

    public async IAsyncEnumerable<TokenChunk> RunAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Accept(request);
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
            // The reader has left: with an unfinished answer that means "stop".
            await CancelAsync();
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
            return journal.State.Record?.Timeline;
        if (!_cancel.IsCancellationRequested)
            _stop = (FinishReason.Stop, tokens);
        await CancelAsync();
        await _ended.Task;
        return Record.Timeline;
    }

    public Task<RequestRecord?> GetAsync()
    {
        var record = journal.State.Record;
        if (record is null or { Phase: RequestPhase.Done })
            return Task.FromResult(record);
        var phase = record.Phase == RequestPhase.Accepted && _run?.Route is not null ? RequestPhase.Queued : record.Phase;
        return Task.FromResult<RequestRecord?>(record with { Phase = phase, GeneratedTokens = _answer.From(0) });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_running is { IsCompleted: false } running)
        {
            if (!_cancel.IsCancellationRequested)
                _stop = (FinishReason.Interrupted, int.MaxValue);
            await _cancel.CancelAsync();
            await running.WaitAsync(cancellationToken);
        }
        _cancel.Dispose();
    }

    /// <summary>A record that nobody works on any more: whoever did is gone without a word.</summary>
    private async Task InterruptAsync(RequestRecord left)
    {
        LogInterrupted(left.Request.Id, left.Phase);
        Record = left with { Phase = RequestPhase.Done, Finish = FinishReason.Interrupted, Failure = RequestEnding.Interruption(left.Phase) };
        // Only what is written is counted, so that it is counted once.
        if (await TryWriteAsync())
            _ = StatisticsReport.SendAsync(GrainFactory, Record, route: null, logger);
    }

    private void Accept(GenerationRequest request)
    {
        // Of a request that was interrupted before its first token, nobody has had anything.
        if (journal.State.Record is { } known and not { Finish: FinishReason.Interrupted, Failure.Phase: < RequestPhase.Decode })
            throw new RequestRejectedException($"Request id '{known.Request.Id}' has been used already. Every request needs an id of its own.");
        if (request.Id != this.GetPrimaryKeyString())
            throw new RequestRejectedException($"Request '{request.Id}' came to the grain of '{this.GetPrimaryKeyString()}'.");
        if (_running is not null)
            throw new RequestRejectedException($"Request '{request.Id}' was interrupted a moment ago. Send it again later, or with another id.");
        RequestRules.Check(request);
        if (!request.Answer.IsDefaultOrEmpty)
            throw new RequestRejectedException($"Request '{request.Id}' has an answer already. Answers are gone on with between replicas only.");
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
        // Off the caller's first turn, so that the journal's write and the replica's queue overlap.
        _ = Write();
        var begun = NoteFirstTokenAsync();
        var result = await run.RunAsync(_cancel.Token);
        _leaseTimer?.Dispose();
        Record = RequestEnding.Of(Record, result, run, _answer, _stop);
        _ended.TrySetResult();
        _answer.Changed.Pulse();
        _ = StatisticsReport.SendAsync(GrainFactory, Record, run.Route, logger);
        await begun;
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

    private async Task WriteAfterAsync(Task before)
    {
        await before;
        await TryWriteAsync();
    }

    private async Task<bool> TryWriteAsync()
    {
        try
        {
            await journal.WriteStateAsync();
            return true;
        }
        catch (Exception exception)
        {
            // An answer under way is worth more than its record.
            LogJournalFailed(exception, this.GetPrimaryKeyString());
            return false;
        }
    }
}
