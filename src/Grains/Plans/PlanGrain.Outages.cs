using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Grains.Plans;

/// <content>Replicas that are out of service: they are started anew, with pauses that grow, as long as the plan has them.</content>
public sealed partial class PlanGrain
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly HashSet<int> _restarts = [];
    private CancellationTokenSource _planEnd = new();

    public Task ReportReplicaAsync(ReplicaReport report)
    {
        if (report.Status.State == ReplicaState.OutOfService
            && _status.Phase == PlanPhase.Ready && _status.ReplicaKeys.IndexOf(report.Status.Key) is >= 0 and var index)
            Restart(index, report.Status.LastFailure);
        return Task.CompletedTask;
    }

    private void Restart(int index, string reason)
    {
        if (_restarts.Add(index))
            _ = RestartAsync(index, reason, _planEnd.Token);
    }

    private async Task RestartAsync(int index, string reason, CancellationToken planEnd)
    {
        var key = _status.ReplicaKeys[index];
        LogRestarting(key, reason);
        for (var pause = FirstPause; !planEnd.IsCancellationRequested; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await Task.Delay(pause, time, planEnd);
                await StartReplicaAsync(index);
                if (planEnd.IsCancellationRequested)
                {
                    // The plan that it was started for has gone meanwhile.
                    await StopReplicaAsync(key);
                    return;
                }
                _restarts.Remove(index);
                LogRestarted(key);
                _changed.Pulse();
                return;
            }
            catch (Exception) when (planEnd.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogRestartFailed(exception, key);
            }
        }
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _planEnd.CancelAsync();
        _planEnd.Dispose();
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    private void ForgetOutages()
    {
        var ended = _planEnd;
        _planEnd = new CancellationTokenSource();
        _restarts.Clear();
        ended.Cancel();
        ended.Dispose();
    }
}
