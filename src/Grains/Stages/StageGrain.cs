using System.Diagnostics.CodeAnalysis;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Core.Requests;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Telemetry;
using E2LLM.Scheduling.Protocols.Stages;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;

namespace E2LLM.Grains.Stages;

/// <summary>
/// Owns one slice's engine. A step goes: 1. checked and put in order, 2. run on the engine's own thread, 3. its hidden states sent
/// straight to the next stage, or its tokens to the replica. No turn of the grain waits for the engine.
/// </summary>
[OnDevice, Reentrant, GrainType("stage")]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class StageGrain(
    IStageEngineFactory engines,
    KvDataPort dataPort,
    IOptions<KvSenderOptions> senderOptions,
    TimeProvider time,
    LoadedStages loaded,
    GrainInstruments instruments,
    ILogger<StageGrain> logger) : Grain, IStageGrain
{
    /// <summary>Steps that may wait for an earlier one. The replica keeps far fewer in flight.</summary>
    private const int MaxWaitingSteps = 256;

    private readonly StepOrder<ArrivedStep> _order = new(MaxWaitingSteps);
    private readonly HashSet<Task> _running = [];
    private CancellationTokenSource _epochEnd = new();
    private StageAssignment? _assignment;
    private IStageEngine? _engine;
    private EmulatedLink? _link;
    private IReplicaGrain? _replica;
    private IStageGrain? _next;
    private StepWatch _watch = new(default);
    private IDisposable? _watchTimer;
    private long _hungInEpoch = -1;
    private long _completedSteps;
    private double _busySeconds;

    private sealed record ArrivedStep(StageMessage Message, long ArrivedAt);

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public async Task<StageStatus> LoadAsync(StageAssignment assignment)
    {
        await UnloadAsync();
        loaded.Add(this.GetPrimaryKeyString());
        _engine = await engines.CreateAsync(assignment.Engine, CancellationToken.None);
        if (assignment.HandsKvOff && _engine is not IKvStageEngine)
        {
            await UnloadAsync();
            throw new EngineException(
                $"Stage {this.GetPrimaryKeyString()} belongs to a PREFILL or DECODER replica, but its engine gives no KV caches out and takes none in.");
        }
        _assignment = assignment;
        _link = assignment.NextLink is { } link ? new EmulatedLink(link, time) : null;
        _replica = GrainFactory.GetGrain<IReplicaGrain>(assignment.ReplicaKey);
        _next = assignment.NextStageKey is { } key ? GrainFactory.GetGrain<IStageGrain>(key) : null;
        _order.Reset(assignment.Epoch, nextStep: 0);
        _watch = new StepWatch(assignment.StepLimit);
        var period = TimeSpan.FromSeconds(Math.Min(1, assignment.StepLimit.MinSeconds / 2));
        _watchTimer = this.RegisterGrainTimer(CheckEngineAsync, new GrainTimerCreationOptions { DueTime = period, Period = period, Interleave = true });
        // The engine must not be collected for want of calls: a quiet night is no reason to load gigabytes anew in the morning.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        LogLoaded(assignment.Engine.Device.Id, assignment.Engine.FirstLayer, assignment.Engine.FirstLayer + assignment.Engine.LayerCount,
            _engine.Info.WeightBytes);
        return Status();
    }

    public Task EnqueueAsync(StageMessage message)
    {
        var refusal = Refusal(message) ?? _order.Add(message.Epoch, message.Step.StepNumber, new ArrivedStep(message, time.GetTimestamp()));
        if (refusal is not null)
        {
            message.Step.Hidden?.Dispose();
            throw new EngineException($"Stage {this.GetPrimaryKeyString()} refuses the step: {refusal}.");
        }
        while (_order.TryTake(out var step))
            _ = TrackAsync(RunAsync(step!, _epochEnd.Token));
        return Task.CompletedTask;
    }

    public async Task ResetAsync(long epoch, long nextStep)
    {
        var assignment = _assignment ?? throw new EngineException($"Stage {this.GetPrimaryKeyString()} is not loaded.");
        if (epoch <= _order.Epoch)
            throw new EngineException($"Stage {this.GetPrimaryKeyString()} is in epoch {_order.Epoch}; epoch {epoch} is an old one.");
        _assignment = assignment with { Epoch = epoch };
        await DropStepsAsync(epoch, nextStep);
    }

    public Task<StageStatus> GetStatusAsync() => Task.FromResult(Status());

    public async Task UnloadAsync()
    {
        _assignment = null;
        _watchTimer?.Dispose();
        await DropStepsAsync(epoch: -1, nextStep: 0);
        await DropKvAsync();
        if (_engine is { } engine)
        {
            _engine = null;
            await engine.DisposeAsync();
            DelayDeactivation(TimeSpan.Zero);
        }
        loaded.Remove(this.GetPrimaryKeyString());
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await UnloadAsync();
        _epochEnd.Dispose();
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
    private async Task DropStepsAsync(long epoch, long nextStep)
    {
        foreach (var dropped in _order.Reset(epoch, nextStep))
            dropped.Message.Step.Hidden?.Dispose();
        var ended = _epochEnd;
        _epochEnd = new CancellationTokenSource();
        Task[] running = [.. _running];
        await ended.CancelAsync();
        // A hung engine keeps this waiting; whoever asked gives up on it by its own clock.
        await Task.WhenAll(running);
        ended.Dispose();
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

    /// <summary>A native call that does not come back says nothing; this says it, with the device's name.</summary>
    private async Task CheckEngineAsync()
    {
        if (_assignment is not { } assignment || _watch.Overdue(NowSeconds) is not { } overdue || _order.Epoch == _hungInEpoch)
            return;
        _hungInEpoch = _order.Epoch;
        await ReportAsync(assignment, assignment.Epoch, overdue.Step, FailedParty.Engine, new EngineException(
            $"Device {assignment.Engine.Device.Id} has been at step {overdue.Step} for {overdue.Seconds:0.#} s; by its profile, " +
            $"{overdue.LimitSeconds:0.#} s is the most (HungStepFactor, HungStepSeconds)."));
    }

    private Task CompleteAsync(StageMessage message, StageResult result, StageTrace trace) => _replica!.CompleteStepAsync(new StepCompletion
    {
        Epoch = message.Epoch,
        StepNumber = message.Step.StepNumber,
        SampledTokens = result.SampledTokens,
        Trace = message.Trace.Add(trace),
    });

    private async Task ForwardAsync(StageMessage message, StageResult result, StageTrace trace, CancellationToken epochEnd)
    {
        if (_link is { } link)
            trace = trace with { LinkSeconds = await link.CarryAsync(result.Hidden?.LengthBytes ?? 0, epochEnd) };
        // Later stages get no token ids: they can do without, and so the text stays with the first stage and the replica.
        await _next!.EnqueueAsync(message with
        {
            Step = message.Step with
            {
                Hidden = result.Hidden,
                Rows = [.. message.Step.Rows.Select(row => row with { Token = 0 })],
            },
            Trace = message.Trace.Add(trace),
        });
    }

    private async Task ReportAsync(StageAssignment assignment, long epoch, long step, FailedParty party, Exception exception)
    {
        LogStepFailed(exception, assignment.Engine.Device.Id, step, party);
        try
        {
            await _replica!.FailStepAsync(new StepFailure
            {
                Epoch = epoch,
                StepNumber = step,
                StageIndex = assignment.StageIndex,
                DeviceId = assignment.Engine.Device.Id,
                Party = party,
                Message = exception.Message,
            });
        }
        catch (Exception report)
        {
            // The replica is gone: whoever starts it anew resets or unloads this stage.
            LogReportFailed(report, assignment.ReplicaKey);
        }
    }

    private StageStatus Status() => new()
    {
        DeviceId = _assignment?.Engine.Device.Id ?? DeviceKey.DeviceOf(this.GetPrimaryKeyString()),
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
