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

namespace E2LLM.Grains.Requests;

/// <summary>
/// One request. A pump takes tokens from the replica into the journal as fast as they come; the reader takes them from there at its
/// own pace, so that a slow reader holds nobody up. The journal is written when the request is accepted and when it is done, never
/// between two tokens.
/// </summary>
[Reentrant, GrainType("request"), CollectionAgeLimit(Minutes = 2)]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class RequestGrain(
    [PersistentState("request", JournalStorage.ProviderName)] IPersistentState<RequestJournal> journal,
    TimeProvider time,
    IOptions<RequestOptions> options,
    PartInbox inbox,
    ILogger<RequestGrain> logger) : Grain, IRequestGrain
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly List<int> _tokens = [];
    private readonly TokenTimes _tokenTimes = new();
    private readonly AsyncSignal _arrived = new();
    private Task? _pump;
    private IDisposable? _leaseTimer;
    private RequestRun? _run;
    private double? _firstTokenSeconds;
    private long _acceptedAt;
    private long _lastReadAt;
    private int _readTokens;

    private double ElapsedSeconds => time.GetElapsedTime(_acceptedAt).TotalSeconds;

    public async IAsyncEnumerable<TokenChunk> RunAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Accept(request);
        try
        {
            var read = 0;
            while (true)
            {
                var arrived = _arrived.WaitAsync();
                _lastReadAt = time.GetTimestamp();
                if (_tokens.Count > read || journal.State.Record!.Phase == RequestPhase.Done)
                {
                    var chunk = ChunkFrom(read);
                    read = _readTokens = _tokens.Count;
                    yield return chunk;
                    if (chunk.Finish is not null)
                        break;
                    continue;
                }
                await arrived.WaitAsync(cancellationToken);
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
        if (_pump is { IsCompleted: false })
            await _cancel.CancelAsync();
    }

    public Task<RequestRecord?> GetAsync()
    {
        var record = journal.State.Record;
        if (record is null or { Phase: RequestPhase.Done })
            return Task.FromResult(record);
        var phase = record.Phase == RequestPhase.Accepted && _run!.Route is not null ? RequestPhase.Queued : record.Phase;
        return Task.FromResult<RequestRecord?>(record with { Phase = phase, GeneratedTokens = [.. _tokens] });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await CancelAsync();
        if (_pump is { } pump)
            await pump.WaitAsync(cancellationToken);
        _cancel.Dispose();
    }

    private void Accept(GenerationRequest request)
    {
        if (journal.State.Record is not null)
            throw new RequestRejectedException($"Request id '{request.Id}' has been used already. Every request needs an id of its own.");
        if (request.Id != this.GetPrimaryKeyString())
            throw new RequestRejectedException($"Request '{request.Id}' came to the grain of '{this.GetPrimaryKeyString()}'.");
        RequestRules.Check(request);
        _acceptedAt = _lastReadAt = time.GetTimestamp();
        journal.State.Record = new RequestRecord
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
        _run = new RequestRun(request, GrainFactory, inbox, options.Value, time, logger);
        _pump = PumpAsync();
    }

    /// <summary>
    /// A client that was killed never ends its enumeration (the runtime notices up to a minute later): what has not been fetched for
    /// a whole lease although it lay ready is taken as abandoned, so that its KV cells come free.
    /// </summary>
    private async Task CheckLeaseAsync()
    {
        if (_tokens.Count > _readTokens && time.GetElapsedTime(_lastReadAt).TotalSeconds > options.Value.ReaderLeaseSeconds)
        {
            LogAbandoned(this.GetPrimaryKeyString(), options.Value.ReaderLeaseSeconds);
            await CancelAsync();
        }
    }

    private async Task PumpAsync()
    {
        // Off the caller's first turn, so that the journal's write and the replica's queue overlap.
        var accepted = WriteJournalAsync();
        var last = await PumpTokensAsync();
        _leaseTimer?.Dispose();
        journal.State.Record = journal.State.Record! with
        {
            Phase = RequestPhase.Done,
            GeneratedTokens = [.. _tokens],
            Finish = last.Finish,
            Failure = last.Failure,
            Timeline = Timeline(last.Timeline),
        };
        _arrived.Pulse();
        _ = StatisticsReport.SendAsync(GrainFactory, journal.State.Record, _run!.Route, logger);
        await accepted;
        await WriteJournalAsync();
    }

    private async Task<TokenChunk> PumpTokensAsync()
    {
        TokenChunk? last = null;
        await foreach (var chunk in _run!.RunAsync(_cancel.Token))
        {
            last = chunk;
            if (chunk.Tokens.Length > 0)
            {
                _firstTokenSeconds ??= ElapsedSeconds;
                Advance(RequestPhase.Decode);
            }
            _tokens.AddRange(chunk.Tokens);
            _tokenTimes.Append(ElapsedSeconds, chunk.Tokens.Length);
            _arrived.Pulse();
        }
        return last!;
    }

    /// <summary>The replica counts from its own queue; the request counts from the moment it was accepted.</summary>
    private RequestTimeline Timeline(RequestTimeline? replica)
    {
        var mine = journal.State.Record!.Timeline! with
        {
            GeneratedTokens = _tokens.Count,
            PackedTokenTimes = _tokenTimes.Pack(),
            DoneSeconds = ElapsedSeconds,
            Replays = _run!.Replays,
        };
        var submitted = _run.SubmittedSeconds;
        return replica is null ? mine : mine with
        {
            QueuedSeconds = submitted,
            PrefillStartSeconds = submitted + replica.PrefillStartSeconds,
            PrefillEndSeconds = submitted + replica.PrefillEndSeconds,
            FirstTokenSeconds = _run.Replays > 0 ? _firstTokenSeconds : submitted + replica.FirstTokenSeconds,
            LastTokenSeconds = submitted + replica.LastTokenSeconds,
            DecoderSlotSeconds = submitted + replica.DecoderSlotSeconds,
            KvSentSeconds = submitted + replica.KvSentSeconds,
            DecodeStartSeconds = submitted + replica.DecodeStartSeconds,
            KvBytes = replica.KvBytes,
            KvTransferSeconds = replica.KvTransferSeconds,
            Replica = replica.Replica,
            DecoderReplica = replica.DecoderReplica,
            Devices = replica.Devices,
        };
    }

    private TokenChunk ChunkFrom(int index)
    {
        var record = journal.State.Record!;
        var done = record.Phase == RequestPhase.Done;
        return new TokenChunk
        {
            FirstIndex = index,
            Tokens = [.. _tokens[index..]],
            Finish = done ? record.Finish : null,
            Failure = done ? record.Failure : null,
            Timeline = done ? record.Timeline : null,
        };
    }

    private void Advance(RequestPhase phase)
    {
        if (journal.State.Record!.Phase != phase)
            journal.State.Record = journal.State.Record with { Phase = phase };
    }

    private async Task WriteJournalAsync()
    {
        try
        {
            await journal.WriteStateAsync();
        }
        catch (Exception exception)
        {
            // An answer under way is worth more than its record.
            LogJournalFailed(exception, this.GetPrimaryKeyString());
        }
    }
}
