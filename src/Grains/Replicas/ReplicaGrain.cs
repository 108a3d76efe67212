using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Parts;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Grains.Telemetry;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Protocols.Replicas;
using E2LLM.Scheduling.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace E2LLM.Grains.Replicas;

/// <summary>
/// Carries out what a <see cref="ReplicaMachine"/> decides: calls its stages, its readers and its plan, and tells it what came of that.
/// Driven by events: a part, a result, a word from a reader, a tick of the clock.
/// </summary>
[OnDevice, Reentrant, GrainType("replica"), Immovable]
public sealed partial class ReplicaGrain(
    TimeProvider time,
    IOptions<ServingOptions> options,
    GrainInstruments instruments,
    SiloShutdown shutdown,
    ILogger<ReplicaGrain> logger) : Grain, IReplicaGrain
{
    private readonly ReplicaMachine _machine = new();
    private readonly AsyncSignal _drained = new();
    private PartDeliveries? _deliveries;
    private ReplicaAssignment? _assignment;
    private ReplicaCalls? _calls;
    private ReplicaReporter? _reporter;
    private Task _loading = Task.CompletedTask;
    private Task _unloading = Task.CompletedTask;
    private IDisposable? _tick;
    private bool _isCarrying;
    private bool _isLeaving;

    private string Key => this.GetPrimaryKeyString();

    private ReplicaCalls Calls => _calls ?? throw new ModelNotReadyException($"Replica {Key} takes no requests: {Sentence.End(_machine.LastFailure)}");

    private PartDeliveries Deliveries => _deliveries ??= new PartDeliveries(_machine.Parts, Key, logger);

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public Task StartAsync(ReplicaAssignment assignment)
    {
        if (assignment.Start == _assignment?.Start && _machine.State is not (ReplicaState.Stopped or ReplicaState.OutOfService))
            return shutdown.WaitAsync(_loading);
        _machine.Start(new ReplicaSetup
        {
            Key = Key,
            Name = $"{assignment.Generation}/{assignment.Plan.Id}",
            Start = assignment.Start,
            Plan = assignment.Plan,
            Scheduler = options.Value.SchedulerFor(assignment.Plan, assignment.Model),
            PlannedTokensPerSecond = PlannedRates.TokensPerSecond(assignment.Plan) is var planned && double.IsFinite(planned) ? planned : 0,
            StepTimeoutSeconds = options.Value.StepTimeoutSeconds,
            LeaseSeconds = options.Value.KvLeaseSeconds,
        }, NowSeconds);
        _assignment = assignment;
        _reporter ??= new ReplicaReporter(this, _machine, Key, GrainFactory.GetGrain<IPlanGrain>(assignment.Model.Id), shutdown, logger);
        if (options.Value.ReusePrefixes && KvRules.ClosingWindowTokens(assignment.Model, assignment.Plan.Engine) is { } window)
            LogNoPrefixReuse(Key, assignment.Model.Id, window);
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var period = options.Value.TickPeriod;
        _tick ??= this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true });
        Carry();
        return shutdown.WaitAsync(_loading);
    }

    public async Task DrainAsync()
    {
        _machine.Drain();
        Carry();
        while (!_machine.IsDrained)
            await shutdown.WaitAsync(_drained.WaitAsync());
    }

    public async Task StopAsync()
    {
        _machine.Stop(NowSeconds);
        Carry();
        await shutdown.WaitAsync(_unloading);
        if (_machine.State != ReplicaState.Stopped)
            return; // started anew meanwhile
        _tick?.Dispose();
        _tick = null;
        DelayDeactivation(TimeSpan.Zero);
    }

    public Task<RequestFailure?> SubmitAsync(PartRequest part)
    {
        Deliveries.Meet(part.Reader);
        var refusal = _machine.Submit(part.Reader.Id, part.Ticket, part.Request, part.Mode, part.Sources, NowSeconds);
        Carry();
        return Task.FromResult(refusal);
    }

    public Task<ImmutableArray<long>> WantAsync(PartsWanted wanted)
    {
        var unknown = _machine.Want(wanted.ReaderId, wanted.NextTicket, wanted.Parts.ToDictionary(part => part.Ticket, part => part.Updates), NowSeconds);
        Carry();
        return Task.FromResult(unknown);
    }

    public Task<RequestTimeline?> EndPartAsync(string readerId, long ticket)
    {
        var times = _machine.End(readerId, ticket, NowSeconds);
        Carry();
        return Task.FromResult(times);
    }

    public Task CompleteStepAsync(StepCompletion completion)
    {
        if (_machine.Complete(completion, NowSeconds))
            instruments.OnTokens(completion.SampledTokens.Length);
        Carry();
        return Task.CompletedTask;
    }

    public Task FailStepAsync(StepFailure failure)
    {
        _machine.Fail(failure, NowSeconds);
        Carry();
        return Task.CompletedTask;
    }

    public Task<KvSendReport> SendKvAsync(string requestId, ImmutableArray<KvTarget> targets, CancellationToken cancellationToken = default) =>
        Calls.SendKvAsync(requestId, targets, cancellationToken);

    public Task ReleaseHeldAsync(string requestId)
    {
        _machine.Release(requestId, NowSeconds);
        Carry();
        return Task.CompletedTask;
    }

    public Task KvArrivedAsync(string requestId, long openedInStep, int firstToken)
    {
        if (!_machine.KvArrived(requestId, openedInStep, firstToken))
            return Task.CompletedTask;
        var arrival = Calls.ArrivalAsync(requestId, openedInStep);
        Carry();
        return arrival;
    }

    public Task KvFailedAsync(KvFailure failure)
    {
        _machine.KvFailed(failure, NowSeconds);
        Carry();
        return Task.CompletedTask;
    }

    public Task<ReplicaStatus> GetStatusAsync() => Task.FromResult(ReplicaStatusOf.Machine(Key, _machine));

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isLeaving = true;
        _machine.Stop(NowSeconds, "its silo is shutting down");
        Carry();
        _tick?.Dispose();
        _reporter?.Dispose();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private Task TickAsync()
    {
        if (shutdown.HasBegun)
            return Task.CompletedTask;
        _machine.Tick(NowSeconds);
        Carry();
        Deliveries.ForgetReaders();
        _ = _calls?.RenewAsync();
        return _reporter!.ReportAsync(_assignment!.Start);
    }

    /// <summary>Carries out what the machine has decided. Nothing is waited for: what comes of it is another event.</summary>
    private void Carry()
    {
        if (_isCarrying)
            return; // whoever carries takes these too, in their order
        _isCarrying = true;
        try
        {
            while (_machine.TakeEffects() is { IsEmpty: false } effects)
                foreach (var effect in effects)
                    CarryOut(effect);
        }
        finally
        {
            _isCarrying = false;
        }
        Deliveries.SendDue();
        _reporter?.OnLoad();
        if (_machine.IsDrained)
            _drained.Pulse();
    }

    private void CarryOut(ReplicaEffect effect)
    {
        switch (effect)
        {
            case SendStep step:
                instruments.OnStepIssued(step.Step);
                _ = _calls!.SendAsync(step);
                break;
            case HeldChanged:
                _calls?.OnHeldChanged();
                break;
            case ResetStages reset:
                _ = _calls!.ResetAsync(reset);
                break;
            case ExpectKv expected:
                _ = _calls!.ExpectAsync(expected);
                break;
            case TakeInKv cache:
                _ = _calls!.TakeInAsync(cache);
                break;
            case EndArrival arrival:
                _calls?.OnArrivalEnded(arrival);
                break;
            case DropKv dropped:
                _calls?.Drop(dropped);
                break;
            case LoadStages load:
                var stages = new ReplicaStages(_assignment!, Key, options.Value, GrainFactory);
                _calls = new ReplicaCalls(_machine, stages, _assignment!.Plan, Key, Carry, options.Value, time, logger);
                _loading = LoadAsync(load.Epoch, _calls, _unloading);
                break;
            case UnloadStages unload:
                // A silo that shuts down takes its stages along, and reaches no others; these end by their leases.
                _unloading = _isLeaving || shutdown.HasBegun ? Task.CompletedTask : _calls?.UnloadAsync(unload.Epoch) ?? Task.CompletedTask;
                _calls = null;
                break;
            case StateChanged:
                if (_machine.State == ReplicaState.OutOfService)
                    LogOutOfService(Key, _machine.LastFailure);
                if (!_isLeaving)
                    _ = _reporter!.ReportAsync(_assignment!.Start);
                break;
            case StepLost { Failure: var failure }:
                instruments.OnStepFailed(failure.DeviceId);
                LogStepFailed(Key, failure.StepNumber, failure.DeviceId, failure.Party, failure.Message);
                break;
            case PartAbandoned abandoned:
                LogAbandoned(Key, abandoned.RequestId, options.Value.KvLeaseSeconds);
                break;
        }
    }

    private async Task LoadAsync(long epoch, ReplicaCalls calls, Task unloading)
    {
        try
        {
            await unloading;
            await calls.LoadAsync(epoch);
        }
        catch (Exception exception)
        {
            _machine.LoadFailed(epoch, exception.Message, NowSeconds);
            Carry();
            throw;
        }
        _machine.Loaded(epoch);
        Carry();
        if (calls != _calls)
            throw new PlanningException($"Replica {Key} was stopped while its stages were being loaded.");
        LogStarted(Key, _assignment!.Plan.Stages.Length);
    }
}
