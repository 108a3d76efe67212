using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Parts;
using E2LLM.Scheduling.Protocols.Replay;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Requests;

/// <summary>
/// Runs a request to its end, on as many replicas as it takes: 1. the plan names the replicas, 2. they write the answer into the log,
/// 3. where one fails, <see cref="ReplayPolicy"/> says whether another attempt goes on where the answer stopped. The reader sees a pause.
/// </summary>
/// <remarks>
/// The answer so far is read in chunks where it was written token by token; the shape of a batch can change the last bits of a logit
/// (<see cref="Scheduling.Batching.CellReservation.Optimistic"/>). Everything runs in the grain of the request.
/// </remarks>
internal sealed partial class RequestRun(
    GenerationRequest request, AnswerLog answer, IGrainFactory grains, PartInbox inbox, RequestOptions options, TimeProvider time, ILogger logger)
{
    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReplayPolicy _policy = new(request, options.MaxReplays);

    /// <summary>How often the request went on elsewhere.</summary>
    public int Replays => _policy.Replays;

    /// <summary>Ends once a replica is known to have taken the request; never where it was refused.</summary>
    public Task Taken => _taken.Task;

    /// <summary>The replicas that serve it now, or did last; null where none has been found yet.</summary>
    public ReplicaRoute? Route { get; private set; }

    /// <summary>When the replicas that serve it now got it, in seconds since the request was accepted.</summary>
    public double SubmittedSeconds { get; private set; }

    /// <summary>Ends when the answer has ended. Never throws.</summary>
    /// <param name="cancellationToken">Ends the request as cancelled.</param>
    public async Task<AttemptResult> RunAsync(CancellationToken cancellationToken)
    {
        long? waitingSince = null;
        while (true)
        {
            var startedAt = time.GetTimestamp();
            var result = await TryAttemptAsync(_policy.Next(answer.From(0)), cancellationToken);
            waitingSince = result.IsTaken ? null : waitingSince ?? startedAt;
            var mayWait = waitingSince is { } since && time.GetElapsedTime(since).TotalSeconds < options.ReplicaWaitSeconds;
            var decision = _policy.After(new AttemptEnd(
                result.Finish, result.Failure, result.Replica, answer.Count, cancellationToken.IsCancellationRequested, result.IsTaken, mayWait));
            if (decision is ReplayDecision.End end)
                return result with { Finish = end.Finish, Failure = end.Failure };
            if (result.IsTaken)
                LogReplay(request.Id, Replays, answer.Count, result.Failure?.Message);
            else
                LogRefused(request.Id, result.Replica, result.Failure?.Message);
            if (decision is ReplayDecision.GoOn { PauseSeconds: > 0 and var seconds })
                await Task.Delay(TimeSpan.FromSeconds(seconds), time, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Current);
        }
    }

    private async Task<AttemptResult> TryAttemptAsync(GenerationRequest attempt, CancellationToken cancellationToken)
    {
        Route = null;
        try
        {
            Route = await RouteAsync(attempt, cancellationToken);
            SubmittedSeconds = answer.ElapsedSeconds;
            return await (Route.DecoderKey is { } decoderKey
                ? RunSplitAsync(Route.PrefillKey, decoderKey, attempt, cancellationToken)
                : RunWholeAsync(Route.PrefillKey, attempt, cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new AttemptResult(FinishReason.Cancelled);
        }
        catch (Exception exception)
        {
            return new AttemptResult(FinishReason.Failed, Failure(exception));
        }
    }

    private async Task<ReplicaRoute> RouteAsync(GenerationRequest attempt, CancellationToken cancellationToken)
    {
        var plan = grains.GetGrain<IPlanGrain>(request.ModelId);
        var query = new RouteQuery
        {
            PromptTokens = attempt.PromptTokens.Length + attempt.Answer.Length,
            MaxTokens = attempt.MaxTokens - attempt.Answer.Length,
            Avoid = _policy.Avoid,
            HasBegun = Replays > 0 || answer.Count > 0,
        };
        var startedAt = time.GetTimestamp();
        while (true)
        {
            var isOver = time.GetElapsedTime(startedAt).TotalSeconds >= options.ReplicaWaitSeconds;
            try
            {
                // Not awaited beyond a cancel: nobody minds an answer that comes too late.
                if (await plan.RouteAsync(query).WaitAsync(cancellationToken) is { } route)
                    return route;
            }
            catch (Exception lost) when (lost is TimeoutException or OrleansException)
            {
                // To be routed twice costs nothing but a moment's wrong estimate.
            }
            if (!isOver)
                await Task.Delay(LostCalls.Pause, time, cancellationToken);
            else
                throw new ModelNotReadyException(
                    $"No replica of model '{request.ModelId}' has come back into service for {options.ReplicaWaitSeconds:0.#} s (ReplicaWaitSeconds).");
        }
    }

    /// <summary>One replica does it all.</summary>
    private async Task<AttemptResult> RunWholeAsync(string replicaKey, GenerationRequest attempt, CancellationToken cancellationToken)
    {
        using var part = inbox.Open(replicaKey, attempt, RunMode.Whole);
        _ = NoteTakenAsync(part.Taken);
        try
        {
            while (await part.Updates.WaitToReadAsync(cancellationToken))
                while (part.Updates.TryRead(out var update))
                {
                    if (update.Chunk is not { } chunk)
                        continue;
                    answer.Append(chunk.Tokens);
                    if (update.IsLast)
                        return new AttemptResult(chunk.Finish ?? FinishReason.Cancelled, chunk.Failure, replicaKey, chunk.Timeline, part.Taken.IsCompleted);
                }
            return new AttemptResult(FinishReason.Cancelled, Replica: replicaKey);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new AttemptResult(FinishReason.Cancelled, Replica: replicaKey, Timeline: await part.EndAsync());
        }
    }

    /// <summary>One replica reads the prompt, another one writes the answer.</summary>
    private Task<AttemptResult> RunSplitAsync(string prefillKey, string decoderKey, GenerationRequest attempt, CancellationToken cancellationToken)
    {
        var split = new SplitRun(inbox, prefillKey, decoderKey, attempt, answer, time, logger);
        var running = split.RunAsync(cancellationToken);
        _ = NoteTakenAsync(split.Taken);
        return running;
    }

    private async Task NoteTakenAsync(Task taken)
    {
        await taken;
        _taken.TrySetResult();
    }

    /// <summary>Why no replica was found.</summary>
    private RequestFailure Failure(Exception exception)
    {
        if (exception is not E2LlmException)
            LogFailed(exception, request.Id);
        return new RequestFailure
        {
            Party = exception switch
            {
                RequestRejectedException => FailedParty.Client,
                OverloadedException => FailedParty.Queue,
                _ => FailedParty.Plan,
            },
            Phase = answer.Count > 0 ? RequestPhase.Decode : RequestPhase.Accepted,
            Message = exception.Message,
            MayRetry = exception is not E2LlmException { MayRetry: false },
            RetryAfterSeconds = (exception as OverloadedException)?.QuotedWaitSeconds,
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request {Request} found no replica.")]
    private partial void LogFailed(Exception exception, string request);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Request {Request} was not taken by replica {Replica}, and is sent again: {Reason}")]
    private partial void LogRefused(string request, string? replica, string? reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Request {Request} goes on elsewhere, for the {Replays}. time, after {Tokens} tokens of its answer: {Reason}")]
    private partial void LogReplay(string request, int replays, int tokens, string? reason);
}
