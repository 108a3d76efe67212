using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.HandOff;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Protocols.Replicas;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Replicas;

/// <summary>What a replica has under way with the stages of one start, and how it tells its machine what came of it. Runs in the grain's turns.</summary>
/// <param name="carry">Carries out what the machine decides next.</param>
internal sealed partial class ReplicaCalls(
    ReplicaMachine machine, ReplicaStages stages, ReplicaPlan plan, string key, Action carry, ServingOptions options, TimeProvider time, ILogger logger)
{
    private readonly AsyncSignal _heldChanged = new();
    private readonly HashSet<long> _sendings = [];
    private readonly Dictionary<(string RequestId, long OpenedInStep), TaskCompletionSource> _arrivals = [];
    private long _lastSending;

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    public Task LoadAsync(long epoch) => stages.LoadAsync(epoch);

    public Task UnloadAsync(long epoch) => stages.UnloadAsync(epoch, LogUnloadFailed);

    public void OnHeldChanged() => _heldChanged.Pulse();

    public void Drop(DropKv dropped) => _ = stages.DropAsync(dropped.Slot, LogStageCallFailed);

    /// <summary>Sends a step to the first stage; once more where it is not known whether it has come, as to hear it twice does a stage no harm.</summary>
    public async Task SendAsync(SendStep step)
    {
        for (var mayTryAgain = true; ; mayTryAgain = false)
        {
            try
            {
                await stages.EnqueueAsync(step);
                return;
            }
            catch (Exception exception) when (mayTryAgain && exception is not E2LlmException)
            {
                LogStageCallFailed(exception, key);
            }
            catch (Exception exception)
            {
                Fail(step, exception.Message);
                return;
            }
        }
    }

    /// <summary>A stage that does not hear, or whose answer is lost, is told again: to begin the epoch twice changes nothing.</summary>
    public async Task ResetAsync(ResetStages reset)
    {
        var (startedAt, limit) = (time.GetTimestamp(), TimeSpan.FromSeconds(options.HungStepSeconds));
        while (reset.Epoch == machine.Epoch)
        {
            try
            {
                await stages.ResetAsync(reset).WaitAsync(limit, time);
                machine.StagesReset(reset.Epoch, NowSeconds);
                break;
            }
            catch (Exception exception)
            {
                LogRecoveryFailed(exception, key);
                if (time.GetElapsedTime(startedAt) >= limit || exception is E2LlmException)
                    machine.ResetFailed(reset.Epoch, exception.Message, NowSeconds);
                else
                    await Task.Delay(LostCalls.Pause, time);
            }
        }
        carry();
    }

    public async Task ExpectAsync(ExpectKv expected)
    {
        try
        {
            machine.KvExpected(expected.Part, expected.Slot, await stages.ExpectAsync(expected));
        }
        catch (Exception exception)
        {
            LogReceptionFailed(exception, key, expected.Part.RequestId);
            machine.KvRefused(expected.Part, expected.Slot, exception.Message, NowSeconds);
        }
        carry();
    }

    public async Task TakeInAsync(TakeInKv cache)
    {
        try
        {
            await stages.ImportAsync(cache);
            machine.KvTakenIn(cache.Part, cache.Slot, NowSeconds);
        }
        catch (Exception exception)
        {
            machine.KvNotTakenIn(cache.Part, cache.Slot, exception.Message);
        }
        carry();
    }

    /// <summary>Ends when a cache that has come is taken in, or its slot is given up.</summary>
    public Task ArrivalAsync(string requestId, long openedInStep)
    {
        if (!_arrivals.TryGetValue((requestId, openedInStep), out var arrival))
            _arrivals.Add((requestId, openedInStep), arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return arrival.Task;
    }

    public void OnArrivalEnded(EndArrival ended)
    {
        if (_arrivals.Remove((ended.RequestId, ended.OpenedInStep), out var arrival))
            _ = ended.Error is null ? arrival.TrySetResult() : arrival.TrySetException(new KvTransferException(ended.Error));
    }

    /// <summary>Sends a held cache, chunk by chunk as the prompt is read.</summary>
    /// <exception cref="KvTransferException">It did not arrive; it can be sent anew, elsewhere.</exception>
    public async Task<KvSendReport> SendKvAsync(string requestId, ImmutableArray<KvTarget> targets, CancellationToken cancellationToken)
    {
        var held = machine.Parts.FindRunning(requestId)?.Held
            ?? throw new KvTransferException($"Replica {key} does not read the prompt of request {requestId}, or no longer.");
        var sending = new CacheSending(held, plan.Engine.MaxStepTokens);
        var sendingId = ++_lastSending;
        _sendings.Add(sendingId);
        _ = stages.OpenSendingAsync(sendingId, targets, LogStageCallFailed);
        Task<KvSendReport[]> exports = Task.FromResult<KvSendReport[]>([]);
        try
        {
            while (!sending.IsComplete)
            {
                var changed = _heldChanged.WaitAsync();
                if (sending.Next() is not { } chunk)
                {
                    await changed.WaitAsync(cancellationToken);
                    continue;
                }
                exports = stages.ExportAsync(sendingId, chunk, targets);
                var reports = await exports.WaitAsync(cancellationToken);
                sending.Sent(chunk, reports.Sum(report => report.Bytes), reports.Max(report => report.Seconds));
            }
            return sending.Report;
        }
        finally
        {
            _sendings.Remove(sendingId);
            _ = stages.EndSendingAsync(sendingId, LogStageCallFailed);
        }
    }

    /// <summary>Renews the leases of the stages, and of what they expect and send; hears how far they are.</summary>
    public async Task RenewAsync()
    {
        var (epoch, askedSeconds) = (machine.Epoch, NowSeconds);
        try
        {
            if (await stages.RenewAsync(new StageRenewal
            {
                Epoch = epoch,
                NextStep = machine.NextStepNumber,
                Slots = [.. machine.AwaitingSlots.Select(ReplicaStages.ToWire)],
                NextSending = _lastSending + 1,
                Sendings = [.. _sendings],
            }) is { } progress)
                machine.Progress(epoch, progress, askedSeconds, NowSeconds);
        }
        catch (Exception exception)
        {
            LogStageCallFailed(exception, key);
        }
        carry();
    }

    private void Fail(SendStep step, string message)
    {
        machine.Fail(new StepFailure
        {
            Epoch = step.Epoch,
            StepNumber = step.Step.StepNumber,
            StageIndex = 0,
            DeviceId = plan.Stages[0].DeviceId,
            Party = FailedParty.Link,
            Message = message,
        }, NowSeconds);
        carry();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Replica {Replica} could not bring its stages back.")]
    private partial void LogRecoveryFailed(Exception exception, string replica);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replica {Replica}: no stage could be made ready for the KV cache of request {Request}.")]
    private partial void LogReceptionFailed(Exception exception, string replica, string request);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stage {Stage} could not be told, or gave no answer.")]
    private partial void LogStageCallFailed(Exception exception, string stage);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stage {Stage} could not be unloaded. It does so itself when its lease is over.")]
    private partial void LogUnloadFailed(Exception exception, string stage);
}
