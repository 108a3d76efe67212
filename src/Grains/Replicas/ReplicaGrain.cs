using System.Runtime.CompilerServices;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.HandOff;
using E2LLM.Grains.Interfaces.HandOff;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Telemetry;
using E2LLM.Scheduling.Batching;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace E2LLM.Grains.Replicas;

/// <summary>
/// Drives a replica's stages: schedule, execute, update. What to run next is the scheduler's business; this grain sends its steps to
/// the first stage, takes the tokens from the last, and hands them to their readers. Driven by events: a request, a result, a cancel.
/// </summary>
[OnDevice, Reentrant, GrainType("replica")]
public sealed partial class ReplicaGrain(
    TimeProvider time,
    IOptions<ServingOptions> options,
    GrainInstruments instruments,
    ILogger<ReplicaGrain> logger) : Grain, IReplicaGrain
{
    private readonly Dictionary<string, RequestProgress> _requests = [];
    private readonly Dictionary<long, SentStep> _sent = [];
    private readonly EarlyCancels _earlyCancels = new(capacity: 1024);
    private ReplicaAssignment? _assignment;
    private ReplicaScheduler? _scheduler;
    private IStageGrain[] _stages = [];
    private IDisposable? _watchdog;
    private IDisposable? _leases;
    private long _epoch;
    private bool _recovering;

    /// <summary>Why the replica takes no requests; null while it serves.</summary>
    private string? _outOfService = "it has not been started";

    private sealed record SentStep(StepPlan Plan, long SentAt);

    private string Key => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public async Task StartAsync(ReplicaAssignment assignment)
    {
        await StopAsync();
        _assignment = assignment;
        _scheduler = new ReplicaScheduler(assignment.Plan.Engine, options.Value.SchedulerFor(assignment.Plan));
        var keys = assignment.Plan.Stages.Select((stage, index) =>
            DeviceKey.Stage(stage.DeviceId, assignment.Model.Id, assignment.Generation, assignment.Plan.Id, index)).ToArray();
        _stages = [.. keys.Select(key => GrainFactory.GetGrain<IStageGrain>(key))];
        await Task.WhenAll(_stages.Select((stage, index) => stage.LoadAsync(StageAssignment(assignment, keys, index))));
        _outOfService = null;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var period = TimeSpan.FromSeconds(Math.Min(5, options.Value.StepTimeoutSeconds / 2));
        _watchdog = this.RegisterGrainTimer(CheckStepsAsync, new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true });
        var renewal = TimeSpan.FromSeconds(options.Value.KvLeaseSeconds / 3);
        _leases = this.RegisterGrainTimer(RenewLeasesAsync, new GrainTimerCreationOptions { DueTime = renewal, Period = renewal, Interleave = true });
        LogStarted(Key, _stages.Length);
    }

    public async Task StopAsync()
    {
        GiveUp("it has been stopped");
        StopTimers();
        var stages = _stages;
        _stages = [];
        await Task.WhenAll(stages.Select(UnloadAsync));
        DelayDeactivation(TimeSpan.Zero);
    }

    public async IAsyncEnumerable<TokenChunk> GenerateAsync(
        GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var update in RunPartAsync(request, RunMode.Whole, held: null, awaited: null, cancellationToken))
            yield return update.Chunk!;
    }

    private async IAsyncEnumerable<PartUpdate> RunPartAsync(
        GenerationRequest request, RunMode mode, HeldKv? held, AwaitedKv? awaited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_outOfService is { } reason)
            throw new OverloadedException($"Replica {Key} takes no requests: {reason}.");
        if (_earlyCancels.Contains(request.Id))
            throw new OperationCanceledException($"Request {request.Id} was cancelled before it began on replica {Key}.");
        _scheduler!.Enqueue(request, NowSeconds, mode);
        var progress = new RequestProgress(request, _assignment!.Plan, ReplicaName, time.GetTimestamp()) { Held = held, Awaited = awaited };
        _requests.Add(request.Id, progress);
        Pump();
        try
        {
            await foreach (var update in progress.Updates.ReadAllAsync(cancellationToken))
                yield return update;
        }
        finally
        {
            End(progress);
        }
    }

    public Task CancelAsync(string requestId)
    {
        if (_requests.TryGetValue(requestId, out var progress))
            End(progress);
        else
            _earlyCancels.Add(requestId);
        return Task.CompletedTask;
    }

    /// <summary>Frees what a request holds here, whether it is done or not.</summary>
    private void End(RequestProgress progress)
    {
        if (!progress.IsDone)
        {
            if (_scheduler?.Cancel(progress.Request.Id) is { } cancelled)
                Apply([cancelled]);
            Pump();
        }
        progress.Held?.End();
        if (progress.Awaited is { } awaited)
            DropTransfers(awaited);
    }

    public Task CompleteStepAsync(StepCompletion completion)
    {
        // A stage may have been slow to hear of the end of its epoch; what it still sends belongs to nobody.
        if (completion.Epoch != _epoch || !_sent.Remove(completion.StepNumber, out var step))
            return Task.CompletedTask;
        foreach (var share in step.Plan.Shares)
        {
            if (!_requests.TryGetValue(share.RequestId, out var progress))
                continue;
            progress.Ran(share.IsPrefill, completion.Trace);
            if (share is { IsPrefill: true, HasOutput: true })
                progress.PromptRead(ElapsedSeconds(progress));
        }
        foreach (var reservation in step.Plan.KvReservations)
            Awaiting(reservation)?.Current?.Open();
        instruments.OnTokens(completion.SampledTokens.Length);
        Apply(_scheduler!.Complete(completion.StepNumber, completion.SampledTokens));
        Pump();
        return Task.CompletedTask;
    }

    public Task FailStepAsync(StepFailure failure)
    {
        if (failure.Epoch == _epoch && !_recovering && _outOfService is null)
            _ = RecoverAsync(failure);
        // Not awaited: a stage that reports waits for its own report before it can be reset.
        return Task.CompletedTask;
    }

    public Task<ReplicaStatus> GetStatusAsync()
    {
        var counters = _scheduler?.Counters;
        return Task.FromResult(new ReplicaStatus
        {
            Key = Key,
            IsServing = _outOfService is null,
            QueuedRequests = counters?.QueuedRequests ?? 0,
            RunningRequests = counters?.RunningRequests ?? 0,
            ReservedKvCells = counters?.ReservedKvCells ?? 0,
            KvCells = counters?.KvCells ?? 0,
            StepsInFlight = counters?.StepsInFlight ?? 0,
            CompletedSteps = counters?.CompletedSteps ?? 0,
            CompletedRequests = counters?.CompletedRequests ?? 0,
            GeneratedTokens = counters?.GeneratedTokens ?? 0,
            PendingTokens = counters?.PendingTokens ?? 0,
            HeldRequests = counters?.HeldRequests ?? 0,
            AwaitingKvRequests = counters?.AwaitingKvRequests ?? 0,
            HandedOffRequests = counters?.HandedOffRequests ?? 0,
        });
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        GiveUp("its silo is shutting down");
        StopTimers();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private string ReplicaName => $"{_assignment!.Generation}/{_assignment.Plan.Id}";

    private StageAssignment StageAssignment(ReplicaAssignment assignment, string[] keys, int index)
    {
        var stage = assignment.Plan.Stages[index];
        var next = index + 1 < keys.Length ? assignment.Plan.Stages[index + 1] : null;
        return new StageAssignment
        {
            Generation = assignment.Generation,
            Epoch = _epoch,
            StageIndex = index,
            Engine = new StageEngineSpec
            {
                ModelId = assignment.Model.Id,
                Device = assignment.Fleet.Find(stage.DeviceId)
                    ?? throw new PlanningException($"The plan uses device '{stage.DeviceId}', which the fleet does not have."),
                FirstLayer = stage.FirstLayer,
                LayerCount = stage.LayerCount,
                Settings = assignment.Plan.Engine,
            },
            ReplicaKey = Key,
            NextStageKey = next is null ? null : keys[index + 1],
            NextLink = next is null ? null : assignment.Fleet.Link(stage.DeviceId, next.DeviceId),
            HiddenWidth = assignment.Model.EmbeddingLength,
            HandsKvOff = assignment.Plan.Role != ReplicaRole.Mixed,
        };
    }

    /// <summary>Issues all the steps that may be issued now.</summary>
    private void Pump()
    {
        while (!_recovering && _outOfService is null && _scheduler!.Next(NowSeconds) is { } step)
        {
            foreach (var admitted in step.Admitted)
            {
                instruments.OnRequestStarted(admitted.WaitSeconds);
                if (_requests.TryGetValue(admitted.RequestId, out var progress))
                    progress.Started(ElapsedSeconds(progress));
            }
            _sent.Add(step.StepNumber, new SentStep(step, time.GetTimestamp()));
            foreach (var reservation in step.KvReservations)
                if (_requests.TryGetValue(reservation.RequestId, out var waiting))
                    _ = ReceiveAsync(waiting, reservation);
            _ = SendAsync(step);
        }
    }

    /// <summary>
    /// All steps in flight are lost. The stages start a new epoch, and the scheduler rolls the sequences back in its next step.
    /// </summary>
    private async Task RecoverAsync(StepFailure failure)
    {
        instruments.OnStepFailed(failure.DeviceId);
        LogStepFailed(Key, failure.StepNumber, failure.DeviceId, failure.Party, failure.Message);
        _recovering = true;
        _epoch++;
        VoidReservations();
        _sent.Clear();
        try
        {
            Apply(_scheduler!.Fail(failure.StepNumber, ToRequestFailure(failure), FailureRecovery.Truncate, NowSeconds));
            await Task.WhenAll(_stages.Select(stage => stage.ResetAsync(_epoch, _scheduler.NextStepNumber)));
        }
        catch (Exception exception)
        {
            LogRecoveryFailed(exception, Key);
            GiveUp($"a stage could not be brought back after step {failure.StepNumber} failed: {exception.Message}");
        }
        _recovering = false;
        Pump();
    }

    private async Task SendAsync(StepPlan step)
    {
        var epoch = _epoch;
        try
        {
            await _stages[0].EnqueueAsync(new StageMessage { Epoch = epoch, Step = step.ToStageStep() });
        }
        catch (Exception exception)
        {
            await FailStepAsync(Failure(epoch, step.StepNumber, FailedParty.Link, exception.Message));
        }
    }

    private void Apply(IReadOnlyList<RequestUpdate> updates)
    {
        foreach (var update in updates)
        {
            if (!_requests.TryGetValue(update.RequestId, out var progress))
                continue;
            if (update.Prefill is { } prefill)
                progress.Held?.Advance(prefill);
            if (update.Chunk is { Tokens.IsEmpty: true, Finish: null })
                continue;
            progress.Deliver(update.Chunk, ElapsedSeconds(progress));
            if (progress.IsDone)
                _requests.Remove(update.RequestId);
        }
    }

    /// <summary>
    /// A silo that is killed takes its stages along without a word. The steps that were on it never come back; this notices.
    /// </summary>
    private async Task CheckStepsAsync()
    {
        foreach (var (number, step) in _sent.OrderBy(sent => sent.Key))
        {
            var seconds = time.GetElapsedTime(step.SentAt).TotalSeconds;
            if (seconds <= options.Value.StepTimeoutSeconds)
                continue;
            await FailStepAsync(Failure(_epoch, number, FailedParty.Stage,
                $"no stage has answered for {seconds:0} s ({nameof(ServingOptions.StepTimeoutSeconds)} is {options.Value.StepTimeoutSeconds})"));
            return;
        }
    }

    private StepFailure Failure(long epoch, long step, FailedParty party, string message) => new()
    {
        Epoch = epoch,
        StepNumber = step,
        StageIndex = 0,
        DeviceId = _assignment!.Plan.Stages[0].DeviceId,
        Party = party,
        Message = message,
    };

    private static RequestFailure ToRequestFailure(StepFailure failure) => new()
    {
        Party = failure.Party,
        Phase = RequestPhase.Decode,
        DeviceId = failure.DeviceId,
        Message = failure.Message,
        MayRetry = true,
    };

    /// <summary>Takes no more requests, and ends those that it has with the reason.</summary>
    private void GiveUp(string reason)
    {
        _outOfService = reason;
        _epoch++;
        _sent.Clear();
        var failure = new RequestFailure
        {
            Party = FailedParty.Stage,
            Phase = RequestPhase.Queued,
            Message = $"Replica {Key} gave up: {reason}.",
            MayRetry = true,
        };
        foreach (var progress in _requests.Values)
        {
            progress.Held?.End();
            if (progress.Awaited is { } awaited)
                DropTransfers(awaited);
            progress.Fail(failure, ElapsedSeconds(progress));
        }
        _requests.Clear();
        _scheduler = null;
    }

    private async Task UnloadAsync(IStageGrain stage)
    {
        try
        {
            await stage.UnloadAsync();
        }
        catch (Exception exception)
        {
            // Its device is gone, and the slice with it.
            LogUnloadFailed(exception, stage.GetPrimaryKeyString());
        }
    }

    private void StopTimers()
    {
        _watchdog?.Dispose();
        _leases?.Dispose();
    }

    private double ElapsedSeconds(RequestProgress progress) => time.GetElapsedTime(progress.QueuedAt).TotalSeconds;
}
