using System.Runtime.CompilerServices;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Parts;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Requests;

/// <summary>
/// Runs a request to its end, on as many replicas as it takes: 1. the plan names the replicas, 2. they write the answer, 3. where one
/// fails, the prompt and the answer so far become the prompt of the next attempt, so that the answer goes on where it stopped. A draw
/// depends on the seed and the position alone, so nothing else has to be carried over. The reader sees a pause.
/// </summary>
/// <remarks>
/// The answer so far is read in chunks where it was written token by token; the shape of a batch can change the last bits of a logit
/// (<see cref="Scheduling.Batching.CellReservation.Optimistic"/>). Everything runs in the grain of the request.
/// </remarks>
internal sealed partial class RequestRun(
    GenerationRequest request, IGrainFactory grains, PartInbox inbox, RequestOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>A replica that is full, of all that are left, is not asked again at once.</summary>
    private static readonly TimeSpan FullReplicaPause = TimeSpan.FromSeconds(0.5);

    private readonly long _acceptedAt = time.GetTimestamp();
    private readonly List<int> _answer = [];
    private readonly List<string> _failedKeys = [];
    private string _attemptId = request.Id;
    private ReplicaRoute? _route;
    private SplitRun? _split;

    /// <summary>How often the request went on elsewhere.</summary>
    public int Replays { get; private set; }

    /// <summary>The replicas that serve it now, or did last; null where none has been found yet.</summary>
    public ReplicaRoute? Route => _route;

    /// <summary>When the replicas that serve it now got it, in seconds since this run was made.</summary>
    public double SubmittedSeconds { get; private set; }

    /// <summary>Chunks without gaps; the last one, and no other, has a finish reason. Never throws.</summary>
    /// <param name="cancellationToken">Ends the request as cancelled.</param>
    public async IAsyncEnumerable<TokenChunk> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var chunk in RunAttemptsAsync(cancellationToken))
            yield return chunk;
    }

    private async IAsyncEnumerable<TokenChunk> RunAttemptsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            (_route, _split) = (null, null);
            var chunks = AttemptAsync(NextAttempt(), cancellationToken).GetAsyncEnumerator(cancellationToken);
            TokenChunk chunk;
            while ((chunk = await NextAsync(chunks, cancellationToken)).Finish is null)
                yield return chunk;
            var hasEnded = chunk.Finish is FinishReason.Stop or FinishReason.Length && _split is not { LeavesDecoderWaiting: true };
            _ = LeaveAsync(chunks, hasEnded ? null : _route);
            if (!MayReplay(chunk, cancellationToken))
            {
                // What fails after a cancel is nobody's failure.
                yield return chunk.Finish == FinishReason.Failed && cancellationToken.IsCancellationRequested
                    ? chunk with { Finish = FinishReason.Cancelled, Failure = null }
                    : chunk;
                yield break;
            }
            await PrepareReplayAsync(chunk.Failure!, cancellationToken);
        }
    }

    /// <summary>
    /// What is left to do. The attempt has an id of its own: what an earlier one left on its way, a cancel or a late token, cannot
    /// meet it.
    /// </summary>
    private GenerationRequest NextAttempt()
    {
        if (Replays == 0)
            return request;
        _attemptId = $"{request.Id}~{Replays}";
        return request with
        {
            Id = _attemptId,
            PromptTokens = [.. request.PromptTokens, .. _answer],
            MaxTokens = request.MaxTokens - _answer.Count,
            // It has waited already, and was promised its start once.
            Priority = RequestPriority.High,
            DeadlineSeconds = null,
        };
    }

    private async IAsyncEnumerable<TokenChunk> AttemptAsync(
        GenerationRequest attempt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _route = await RouteAsync(attempt, cancellationToken);
        SubmittedSeconds = time.GetElapsedTime(_acceptedAt).TotalSeconds;
        var replica = grains.GetGrain<IReplicaGrain>(_route.PrefillKey);
        if (_route.DecoderKey is { } decoder)
            _split = new SplitRun(inbox, _route, replica, grains.GetGrain<IReplicaGrain>(decoder), attempt, time, logger);
        var chunks = _split?.RunAsync(cancellationToken) ?? inbox.ReadChunksAsync(_route.PrefillKey, attempt, cancellationToken);
        await foreach (var chunk in chunks)
            yield return chunk;
    }

    private async Task<ReplicaRoute> RouteAsync(GenerationRequest attempt, CancellationToken cancellationToken)
    {
        var plan = grains.GetGrain<IPlanGrain>(request.ModelId);
        var query = new RouteQuery
        {
            PromptTokens = attempt.PromptTokens.Length,
            MaxTokens = attempt.MaxTokens,
            Avoid = [.. _failedKeys],
            HasBegun = Replays > 0,
        };
        var startedAt = time.GetTimestamp();
        while (true)
        {
            // Not awaited beyond a cancel: nobody minds an answer that comes too late.
            if (await plan.RouteAsync(query).WaitAsync(cancellationToken) is { } route)
                return route;
            if (time.GetElapsedTime(startedAt).TotalSeconds >= options.ReplicaWaitSeconds)
                throw new ModelNotReadyException(
                    $"No replica of model '{request.ModelId}' has come back into service for {options.ReplicaWaitSeconds:0.#} s (ReplicaWaitSeconds).");
        }
    }

    /// <summary>The attempt's next chunk, its index in the whole answer; an exception becomes the last one.</summary>
    private async Task<TokenChunk> NextAsync(IAsyncEnumerator<TokenChunk> chunks, CancellationToken cancellationToken)
    {
        try
        {
            var chunk = await chunks.MoveNextAsync()
                ? chunks.Current
                : Failed(FailedParty.Stage, "The replica ended the stream without a reason.");
            chunk = chunk with { FirstIndex = _answer.Count };
            _answer.AddRange(chunk.Tokens);
            return chunk;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new TokenChunk { FirstIndex = _answer.Count, Finish = FinishReason.Cancelled };
        }
        catch (Exception exception)
        {
            LogFailed(exception, _attemptId);
            return exception switch
            {
                RequestRejectedException => Failed(FailedParty.Client, exception.Message, mayRetry: false),
                OverloadedException full => Failed(FailedParty.Queue, exception.Message, retryAfterSeconds: full.QuotedWaitSeconds),
                E2LlmException { MayRetry: false } => Failed(Party, exception.Message, mayRetry: false),
                _ => Failed(Party, exception.Message),
            };
        }
    }

    private FailedParty Party => _route is null ? FailedParty.Plan : FailedParty.Stage;

    private bool MayReplay(TokenChunk last, CancellationToken cancellationToken) =>
        last is { Finish: FinishReason.Failed, Failure: { MayRetry: true } failure }
        && !cancellationToken.IsCancellationRequested
        && _route is not null // where the plan had no replica, it has been asked for long enough
        && Replays < options.MaxReplays
        && _answer.Count < request.MaxTokens
        // Whoever comes to a full queue is told so at once; a request that has begun is not lost for that.
        && (failure.Party != FailedParty.Queue || Replays > 0);

    private async Task PrepareReplayAsync(RequestFailure failure, CancellationToken cancellationToken)
    {
        Replays++;
        LogReplay(request.Id, Replays, _answer.Count, failure.Message);
        var failedKey = _split is { IsDecodersFailure: true } ? _route!.DecoderKey! : _route!.PrefillKey;
        if (!_failedKeys.Contains(failedKey))
            _failedKeys.Add(failedKey);
        if (failure.Party == FailedParty.Queue)
            await Task.Delay(FullReplicaPause, time, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Current);
    }

    /// <summary>
    /// Ends an attempt on its replicas, by its enumeration and by its id: that end may overtake the beginning on its way. Not waited
    /// for; a replica that is gone takes its time to say so.
    /// </summary>
    private async Task LeaveAsync(IAsyncEnumerator<TokenChunk> chunks, ReplicaRoute? unfinished)
    {
        var id = _attemptId;
        try
        {
            await chunks.DisposeAsync();
        }
        catch (Exception exception)
        {
            LogReplicaGone(exception, id, "");
        }
    }

    private static IEnumerable<string> Keys(ReplicaRoute route) => new[] { route.PrefillKey, route.DecoderKey }.OfType<string>();

    private TokenChunk Failed(FailedParty party, string message, bool mayRetry = true, double? retryAfterSeconds = null) => new()
    {
        FirstIndex = _answer.Count,
        Finish = FinishReason.Failed,
        Failure = new RequestFailure
        {
            Party = party,
            Phase = _answer.Count > 0 ? RequestPhase.Decode : _route is null ? RequestPhase.Accepted : RequestPhase.Queued,
            Message = message,
            MayRetry = mayRetry,
            RetryAfterSeconds = retryAfterSeconds,
        },
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request} failed on its replicas.")]
    private partial void LogFailed(Exception exception, string request);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Request {Request} goes on elsewhere, for the {Replays}. time, after {Tokens} tokens of its answer: {Reason}")]
    private partial void LogReplay(string request, int replays, int tokens, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica} could not be told that request {Request} has ended.")]
    private partial void LogReplicaGone(Exception exception, string request, string replica);
}
