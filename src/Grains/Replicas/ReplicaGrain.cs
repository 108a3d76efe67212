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
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;
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
    private RateMeter _rate = new();
    private ReplicaAssignment? _assignment;
    private ReplicaScheduler? _scheduler;
    private IStageGrain[] _stages = [];
    private IDisposable? _watchdog;
    private IDisposable? _leases;
    private IDisposable? _reporting;
    private bool _isDraining;
    private long _starts;
    private long _epoch;

    private sealed record SentStep(StepPlan Plan, long SentAt);

    private string Key => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public async Task StartAsync(ReplicaAssignment assignment)
    {
        await StopAsync();
        var start = ++_starts;
        _assignment = assignment;
        _rate = new RateMeter();
        _scheduler = new ReplicaScheduler(assignment.Plan.Engine, options.Value.SchedulerFor(assignment.Plan, assignment.Model));
        if (options.Value.ReusePrefixes && KvRules.ClosingWindowTokens(assignment.Model, assignment.Plan.Engine) is { } window)
            LogNoPrefixReuse(Key, assignment.Model.Id, window);
        var keys = assignment.Plan.Stages.Select((stage, index) =>
            DeviceKey.Stage(stage.DeviceId, assignment.Model.Id, assignment.Generation, assignment.Plan.Id, index)).ToArray();
        if (PlannedRates.TokensPerSecond(assignment.Plan) is var planned && double.IsFinite(planned))
            _scheduler.TokensPerSecond = planned;
        _stages = [.. keys.Select(key => GrainFactory.GetGrain<IStageGrain>(key))];
        var stages = _stages;
        try
        {
            await Task.WhenAll(stages.Select((stage, index) => stage.LoadAsync(StageAssignment(assignment, keys, index))));
        }
        catch
        {
            // What did load must not hold memory that nobody uses.
            if (start == _starts)
                await StopAsync();
            throw;
        }
        if (start != _starts)
        {
            await Task.WhenAll(stages.Select(UnloadAsync));
            throw new PlanningException($"Replica {Key} was stopped while its stages were being loaded.");
        }
        _outOfService = null;
        _isDraining = false;
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var period = TimeSpan.FromSeconds(Math.Min(5, options.Value.StepTimeoutSeconds / 2));
        _watchdog = this.RegisterGrainTimer(CheckStepsAsync, new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true });
        var renewal = options.Value.KvRenewalPeriod;
        _leases = this.RegisterGrainTimer(CheckLeasesAsync, new GrainTimerCreationOptions { DueTime = renewal, Period = renewal, Interleave = true });
        var report = TimeSpan.FromSeconds(1);
        _reporting = this.RegisterGrainTimer(ReportAsync, new GrainTimerCreationOptions { DueTime = TimeSpan.Zero, Period = report, Interleave = true });
        LogStarted(Key, _stages.Length);
    }

    public async Task DrainAsync()
    {
        _isDraining = true;
        _ = ReportAsync();
        while (_requests.Count > 0)
            await Task.Delay(TimeSpan.FromSeconds(0.05), time);
    }

    public async Task StopAsync()
    {
        GiveUp(_outOfService ?? "it has been stopped");
        _starts++;
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
        if ((_outOfService ?? (_isDraining ? "it is being drained" : null)) is { } reason)
            throw new ModelNotReadyException($"Replica {Key} takes no requests: {reason}.");
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
        Measure(step.Plan);
        Apply(_scheduler!.Complete(completion.StepNumber, completion.SampledTokens));
        Pump();
        return Task.CompletedTask;
    }

    public Task<ReplicaStatus> GetStatusAsync()
    {
        var counters = _scheduler?.Counters;
        return Task.FromResult(new ReplicaStatus
        {
            Key = Key,
            State = _outOfService is null ? _isDraining ? ReplicaState.Draining : ReplicaState.Serving : ReplicaState.OutOfService,
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
            FailedSteps = _failedSteps,
            LastFailure = _outOfService ?? _lastFailure,
            MeasuredTokensPerSecond = _rate.TokensPerSecond,
            KeptPrefixes = counters?.KeptPrefixes ?? 0,
            KeptKvCells = counters?.KeptKvCells ?? 0,
            PrefixLookups = counters?.PrefixLookups ?? 0,
            PrefixHits = counters?.PrefixHits ?? 0,
            PrefixHitTokens = counters?.PrefixHitTokens ?? 0,
            PrefixEvictions = counters?.PrefixEvictions ?? 0,
            Preemptions = counters?.Preemptions ?? 0,
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
            StepLimit = options.Value.StepLimitOf(stage),
        };
    }

    /// <summary>Issues all the steps that may be issued now.</summary>
    private void Pump()
    {
        while (!_recovering && _outOfService is null && _scheduler!.Next(NowSeconds) is { } step)
        {
            instruments.OnStepIssued(step);
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

    /// <summary>What a wait costs, for quotes and for routers: what the plan predicts, until it is measured under load.</summary>
    private void Measure(StepPlan step)
    {
        _rate.OnStep(step.Rows.Length, NowSeconds, isLoaded: _scheduler!.QueuedRequests > 0);
        if (_rate.TokensPerSecond is > 0 and var measured)
            _scheduler.TokensPerSecond = measured;
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
        _reporting?.Dispose();
        _leases?.Dispose();
    }

    private double ElapsedSeconds(RequestProgress progress) => time.GetElapsedTime(progress.QueuedAt).TotalSeconds;
}
