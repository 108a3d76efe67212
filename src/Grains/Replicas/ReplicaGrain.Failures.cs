using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Grains.Replicas;

/// <content>
/// What becomes of a replica whose steps fail: a step is tried again; a request whose steps keep failing is given up, and goes on
/// elsewhere; a replica whose steps keep failing, or whose stages do not come back, is taken out of service.
/// </content>
public sealed partial class ReplicaGrain
{
    private bool _recovering;
    private long _failedSteps;
    private long _reports;
    private string _lastFailure = "";

    /// <summary>Why the replica takes no requests; null while it serves.</summary>
    private string? _outOfService = "it has not been started";

    private TimeSpan ResetTimeout => TimeSpan.FromSeconds(options.Value.HungStepSeconds);

    public Task FailStepAsync(StepFailure failure)
    {
        if (failure.Epoch == _epoch && !_recovering && _outOfService is null)
            _ = RecoverAsync(failure);
        // Not awaited: a stage that reports waits for its own report before it can be reset.
        return Task.CompletedTask;
    }

    /// <summary>
    /// All steps in flight are lost. The stages start a new epoch, and the scheduler rolls the sequences back in its next step.
    /// </summary>
    private async Task RecoverAsync(StepFailure failure)
    {
        instruments.OnStepFailed(failure.DeviceId);
        LogStepFailed(Key, failure.StepNumber, failure.DeviceId, failure.Party, failure.Message);
        _failedSteps++;
        _lastFailure = $"step {failure.StepNumber} on device {failure.DeviceId}: {failure.Message}";
        _recovering = true;
        var epoch = ++_epoch;
        VoidReservations();
        _sent.Clear();
        try
        {
            Apply(_scheduler!.Fail(failure.StepNumber, ToRequestFailure(failure), FailureRecovery.Truncate, NowSeconds));
            if (_scheduler.IsBeyondRecovery)
                TakeOutOfService($"no step succeeds any more; the last one failed on device {failure.DeviceId}: {failure.Message}", failure);
            else
                await Task.WhenAll(_stages.Select(stage => stage.ResetAsync(epoch, _scheduler.NextStepNumber))).WaitAsync(ResetTimeout, time);
        }
        catch (Exception exception)
        {
            LogRecoveryFailed(exception, Key);
            if (epoch == _epoch)
                TakeOutOfService($"a stage could not be brought back after step {failure.StepNumber} failed on device {failure.DeviceId}: {failure.Message}", failure);
        }
        if (epoch != _epoch)
            return; // it has been taken out of service, stopped or started anew meanwhile
        _recovering = false;
        Pump();
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

    /// <summary>
    /// The replica cannot help itself. Its requests end with the reason and go on elsewhere; the plan is told, and starts it anew.
    /// </summary>
    private void TakeOutOfService(string reason, StepFailure cause)
    {
        LogOutOfService(Key, reason);
        GiveUp(reason, cause);
        _ = ReportAsync();
    }

    private async Task ReportAsync()
    {
        try
        {
            var report = new ReplicaReport(_assignment!.Start, ++_reports, await GetStatusAsync());
            await GrainFactory.GetGrain<IPlanGrain>(_assignment.Model.Id).ReportReplicaAsync(report);
        }
        catch (Exception exception)
        {
            // The plan finds out when it next asks for this replica's load.
            LogReportFailed(exception, Key);
        }
    }

    public Task KeepAliveAsync(string requestId)
    {
        if (_requests.TryGetValue(requestId, out var progress))
            progress.HeardAt = time.GetTimestamp();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Ends the requests whose grains have not been heard of for a lease: their silo is gone, or does not reach this one. One that is
    /// there after all goes on elsewhere.
    /// </summary>
    private void EndAbandoned()
    {
        var lease = options.Value.KvLeaseSeconds;
        foreach (var progress in _requests.Values.Where(progress => time.GetElapsedTime(progress.HeardAt).TotalSeconds > lease).ToArray())
        {
            LogAbandoned(Key, progress.Request.Id, lease);
            _scheduler!.Cancel(progress.Request.Id);
            _requests.Remove(progress.Request.Id);
            progress.Fail(new RequestFailure
            {
                Party = FailedParty.Link,
                Phase = RequestPhase.Queued,
                Message = $"Replica {Key} had not heard of the grain of request {progress.Request.Id} for {lease} s (KvLeaseSeconds).",
                MayRetry = true,
            }, ElapsedSeconds(progress));
            End(progress);
            Pump();
        }
    }

    /// <summary>Takes no more requests, and ends those that it has with the reason.</summary>
    private void GiveUp(string reason, StepFailure? cause = null)
    {
        _outOfService = reason;
        _recovering = false;
        _epoch++;
        _sent.Clear();
        var failure = new RequestFailure
        {
            Party = cause?.Party ?? FailedParty.Stage,
            Phase = RequestPhase.Queued,
            DeviceId = cause?.DeviceId ?? "",
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
}
