using System.Diagnostics.CodeAnalysis;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Core.Requests;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Telemetry;
using E2LLM.Scheduling.Protocols.Stages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;

namespace E2LLM.Grains.Stages;

/// <summary>
/// Owns one slice's engine. A step goes: 1. checked and put in order, 2. run on the engine's own thread, 3. its hidden states sent
/// straight to the next stage, or its tokens to the replica. No turn of the grain waits for the engine.
/// </summary>
[OnDevice, Reentrant, GrainType("stage"), Immovable]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class StageGrain(
    IStageEngineFactory engines,
    KvDataPort dataPort,
    IOptions<KvSenderOptions> senderOptions,
    TimeProvider time,
    LoadedStages loaded,
    GrainInstruments instruments,
    SiloShutdown shutdown,
    ILogger<StageGrain> logger) : Grain, IStageGrain
{
    /// <summary>Steps that may wait for an earlier one. The replica keeps far fewer in flight.</summary>
    private const int MaxWaitingSteps = 256;

    private readonly StepOrder<ArrivedStep> _order = new(MaxWaitingSteps);
    private readonly HashSet<Task> _running = [];
    private CancellationTokenSource _epochEnd = new();
    private Task _dropping = Task.CompletedTask;
    private Task _creation = Task.CompletedTask;
    private StageAssignment? _assignment;
    private IStageEngine? _engine;
    private EmulatedLink? _link;
    private IReplicaGrain? _replica;
    private IStageGrain? _next;
    private StepWatch _watch = new(default);
    private IDisposable? _watchTimer;
    private long _hungInEpoch = -1;
    private long _loads;
    private long _loadedInEpoch = -1;
    private double _renewedSeconds;
    private long _completedSteps;
    private double _busySeconds;

    private sealed record ArrivedStep(StageMessage Message, long ArrivedAt);

    private string Key => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public async Task<StageStatus> LoadAsync(StageAssignment assignment)
    {
        var load = ++_loads;
        _loadedInEpoch = assignment.Epoch;
        await FreeAsync();
        ThrowIfOvertaken(load);
        loaded.Add(Key);
        var creation = CreateAsync(assignment, load);
        _creation = creation;
        var engine = await creation;
        _engine = engine;
        _assignment = assignment;
        _link = assignment.NextLink is { } link ? new EmulatedLink(link, time) : null;
        _replica = GrainFactory.GetGrain<IReplicaGrain>(assignment.ReplicaKey);
        _next = assignment.NextStageKey is { } key ? GrainFactory.GetGrain<IStageGrain>(key) : null;
        _order.Reset(assignment.Epoch, nextStep: 0);
        _watch = new StepWatch(assignment.StepLimit);
        _renewedSeconds = NowSeconds;
        var period = TimeSpan.FromSeconds(Math.Min(1, Math.Min(assignment.StepLimit.MinSeconds / 2, assignment.LeaseSeconds / 4)));
        _watchTimer = this.RegisterGrainTimer(CheckAsync, new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true });
        // The engine must not be collected for want of calls: a quiet night is no reason to load gigabytes anew in the morning.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        LogLoaded(assignment.Engine.Device.Id, assignment.Engine.FirstLayer, assignment.Engine.FirstLayer + assignment.Engine.LayerCount,
            _engine.Info.WeightBytes);
        return Status();
    }

    private async Task<IStageEngine> CreateAsync(StageAssignment assignment, long load)
    {
        IStageEngine? engine = null;
        try
        {
            engine = await engines.CreateAsync(assignment.Engine, shutdown.Begun);
            ThrowIfOvertaken(load);
            return !assignment.HandsKvOff || engine is IKvStageEngine ? engine : throw new EngineException(
                $"Stage {Key} belongs to a PREFILL or DECODER replica, but its engine gives no KV caches out and takes none in.");
        }
        catch
        {
            if (engine is not null)
                await engine.DisposeAsync();
            if (load == _loads)
                loaded.Remove(Key);
            throw;
        }
    }

    /// <summary>A later load, or an unload, came while this one was going on.</summary>
    private void ThrowIfOvertaken(long load)
    {
        if (load != _loads)
            throw new EngineException($"Stage {Key} is not to be loaded any more: a later load or unload came meanwhile.");
    }

    public Task EnqueueAsync(StageMessage message)
    {
        // What comes twice, or after the end of its epoch, belongs to nobody.
        if (_assignment is not null && _order.IsStale(message.Epoch, message.Step.StepNumber))
        {
            message.Step.Hidden?.Dispose();
            return Task.CompletedTask;
        }
        var refusal = Refusal(message) ?? _order.Add(message.Epoch, message.Step.StepNumber, new ArrivedStep(message, time.GetTimestamp()));
        if (refusal is not null)
        {
            message.Step.Hidden?.Dispose();
            throw new EngineException($"Stage {Key} refuses the step: {refusal}.");
        }
        while (_order.TryTake(out var step))
            _ = TrackAsync(RunAsync(step!, _epochEnd.Token));
        return Task.CompletedTask;
    }

    public async Task ResetAsync(long epoch, long nextStep)
    {
        var assignment = _assignment ?? throw new EngineException($"Stage {Key} is not loaded.");
        if (epoch > _order.Epoch)
        {
            _assignment = assignment with { Epoch = epoch };
            await DropStepsAsync(epoch, nextStep);
        }
        else if (epoch == _order.Epoch)
        {
            await _dropping; // told twice: the first telling may still be at it
        }
    }

    public Task<StageProgress> RenewAsync(StageRenewal renewal)
    {
        if (renewal.Epoch >= _loadedInEpoch)
        {
            _renewedSeconds = NowSeconds;
            RenewKv(renewal);
        }
        return Task.FromResult(new StageProgress
        {
            IsLoaded = _engine is not null && _assignment is not null,
            Epoch = _order.Epoch,
            NextStep = _order.NextStep,
            IsIdle = _running.Count == 0,
        });
    }

    public Task<bool> HasAsync(long epoch, long stepNumber) => Task.FromResult(_order.IsStale(epoch, stepNumber));

    public Task<StageStatus> GetStatusAsync() => Task.FromResult(Status());

    public async Task UnloadAsync(long epoch)
    {
        if (_loadedInEpoch > epoch)
            return;
        _loads++; // one that is going on is void
        await FreeAsync();
        loaded.Remove(Key);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await UnloadAsync(long.MaxValue);
        _epochEnd.Dispose();
    }

    private async Task FreeAsync()
    {
        _assignment = null;
        _watchTimer?.Dispose();
        // An engine that is still being made is freed by whoever makes it.
        await _creation.ContinueWith(_ => { }, TaskScheduler.Current);
        await DropStepsAsync(epoch: -1, nextStep: 0);
        await DropKvAsync();
        if (_engine is { } engine)
        {
            _engine = null;
            await engine.DisposeAsync();
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private string? Refusal(StageMessage message)
    {
        if (_assignment is not { } assignment)
            return "no slice is loaded";
        if (message.Step.Rows.Length > assignment.Engine.Settings.MaxStepTokens)
            return $"{message.Step.Rows.Length} rows are more than the plan's {assignment.Engine.Settings.MaxStepTokens} (MaxStepTokens)";
        if (message.Trace.Length != assignment.StageIndex)
            return $"{message.Trace.Length} stages have run it, but this is stage {assignment.StageIndex}";
        return message.Step.Hidden is { } hidden && hidden.Width != assignment.HiddenWidth
            ? $"its hidden states are {hidden.Width} wide and not {assignment.HiddenWidth}"
            : null;
    }

    /// <summary>Ends the epoch: waiting steps are dropped, the one in the engine is finished and forgotten.</summary>
    private Task DropStepsAsync(long epoch, long nextStep)
    {
        foreach (var dropped in _order.Reset(epoch, nextStep))
            dropped.Message.Step.Hidden?.Dispose();
        var ended = _epochEnd;
        _epochEnd = new CancellationTokenSource();
        return _dropping = EndAsync([.. _running]);

        async Task EndAsync(Task[] running)
        {
            await ended.CancelAsync();
            // A hung engine keeps this waiting; whoever asked gives up on it by its own clock.
            await Task.WhenAll(running);
            ended.Dispose();
        }
    }

    private async Task TrackAsync(Task run)
    {
        _running.Add(run);
        await run; // RunAsync never throws
        _running.Remove(run);
    }

    private async Task RunAsync(ArrivedStep arrived, CancellationToken epochEnd)
    {
        var (message, assignment) = (arrived.Message, _assignment!);
        var party = FailedParty.Engine;
        try
        {
            _slots.Note(message.Step);
            var result = await ExecuteAsync(message.Step, epochEnd);
            _completedSteps++;
            _busySeconds += result.ComputeSeconds;
            instruments.OnStageStep(assignment.Engine.Device.Id, result.ComputeSeconds);
            var waitSeconds = time.GetElapsedTime(arrived.ArrivedAt).TotalSeconds - result.ComputeSeconds;
            var trace = new StageTrace(Math.Max(0, waitSeconds), result.ComputeSeconds, LinkSeconds: 0);
            if (epochEnd.IsCancellationRequested)
            {
                result.Hidden?.Dispose();
                return;
            }
            party = FailedParty.Link;
            await (_next is null ? CompleteAsync(message, result, trace) : ForwardAsync(message, result, trace, epochEnd));
        }
        catch (Exception) when (epochEnd.IsCancellationRequested)
        {
            // The replica has given this epoch up; nobody waits for the step.
        }
        catch (Exception exception)
        {
            await ReportAsync(assignment, message.Epoch, message.Step.StepNumber, party, exception);
        }
    }

    private async Task<StageResult> ExecuteAsync(StageStep step, CancellationToken epochEnd)
    {
        var watch = _watch;
        watch.Begin(step.StepNumber, step.Rows.Length, NowSeconds);
        try
        {
            return await _engine!.ExecuteAsync(step, epochEnd);
        }
        finally
        {
            watch.End(step.StepNumber, NowSeconds);
        }
    }

    private async Task CheckAsync()
    {
        if (_assignment is not { } assignment)
            return;
        if (NowSeconds - _renewedSeconds is var silence && silence > assignment.LeaseSeconds)
        {
            LogForgotten(Key, assignment.ReplicaKey, silence, assignment.LeaseSeconds);
            await UnloadAsync(long.MaxValue);
            return;
        }
        await CheckEngineAsync(assignment);
    }

    /// <summary>A native call that does not come back says nothing; this says it, with the device's name.</summary>
    private async Task CheckEngineAsync(StageAssignment assignment)
    {
        if (_watch.Overdue(NowSeconds) is not { } overdue || _order.Epoch == _hungInEpoch)
            return;
        _hungInEpoch = _order.Epoch;
        await ReportAsync(assignment, assignment.Epoch, overdue.Step, FailedParty.Engine, new EngineException(
            $"Device {assignment.Engine.Device.Id} has been at step {overdue.Step} for {overdue.Seconds:0.#} s; by its profile, " +
            $"{overdue.LimitSeconds:0.#} s is the most (HungStepFactor, HungStepSeconds)."));
    }

    private Task CompleteAsync(StageMessage message, StageResult result, StageTrace trace) => TellAsync(replica => replica.CompleteStepAsync(new StepCompletion
    {
        Epoch = message.Epoch,
        StepNumber = message.Step.StepNumber,
        SampledTokens = result.SampledTokens,
        Trace = message.Trace.Add(trace),
    }));

    /// <summary>Tells the replica something; once more where that fails, as to hear it twice does it no harm and to miss it costs a step.</summary>
    private async Task TellAsync(Func<IReplicaGrain, Task> tell)
    {
        try
        {
            await tell(_replica!);
        }
        catch (Exception exception)
        {
            LogToldAgain(exception, Key);
            await tell(_replica!);
        }
    }

    private async Task ForwardAsync(StageMessage message, StageResult result, StageTrace trace, CancellationToken epochEnd)
    {
        if (_link is { } link)
            trace = trace with { LinkSeconds = await link.CarryAsync(result.Hidden?.LengthBytes ?? 0, epochEnd) };
        // Later stages get no token ids: they can do without, and so the text stays with the first stage and the replica.
        var forwarded = message with
        {
            Step = message.Step with
            {
                Hidden = result.Hidden,
                Rows = [.. message.Step.Rows.Select(row => row with { Token = 0 })],
            },
            Trace = message.Trace.Add(trace),
        };
        try
        {
            await _next!.EnqueueAsync(forwarded);
        }
        catch (Exception exception) when (exception is not E2LlmException)
        {
            // Its hidden states are the next stage's now, so it cannot be sent again; but only the word that it came may be missing.
            LogToldAgain(exception, Key);
            if (!await _next!.HasAsync(message.Epoch, message.Step.StepNumber))
                throw;
        }
    }

    private async Task ReportAsync(StageAssignment assignment, long epoch, long step, FailedParty party, Exception exception)
    {
        LogStepFailed(exception, assignment.Engine.Device.Id, step, party);
        try
        {
            var failure = new StepFailure
            {
                Epoch = epoch,
                StepNumber = step,
                StageIndex = assignment.StageIndex,
                DeviceId = assignment.Engine.Device.Id,
                Party = exception is ModelFileException or EngineException { IsNotANumber: true } ? FailedParty.Model : party,
                Message = exception.Message,
                Slot = (exception as EngineException)?.Slot,
            };
            await TellAsync(replica => replica.FailStepAsync(failure));
        }
        catch (Exception report)
        {
            // The replica is gone, or it notices by this stage's progress.
            LogReportFailed(report, assignment.ReplicaKey);
        }
    }

    private StageStatus Status() => new()
    {
        DeviceId = _assignment?.Engine.Device.Id ?? DeviceKey.DeviceOf(Key),
        IsLoaded = _engine is not null,
        FirstLayer = _assignment?.Engine.FirstLayer ?? 0,
        LayerCount = _assignment?.Engine.LayerCount ?? 0,
        WeightBytes = _engine?.Info.WeightBytes ?? 0,
        Usage = _engine?.Usage ?? default,
        CompletedSteps = _completedSteps,
        BusySeconds = _busySeconds,
        KvTransfers = _inbound.Count + _outbound.Count,
    };
}
