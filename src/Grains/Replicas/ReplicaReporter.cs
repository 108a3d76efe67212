using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Replicas;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Replicas;

/// <summary>Tells the plan how a replica is, so that nobody has to ask. Runs in the grain's turns.</summary>
/// <remarks>The plan of a silo that stops is stopping too, and must not be called back to life.</remarks>
internal sealed partial class ReplicaReporter(
    IGrainBase grain, ReplicaMachine machine, string replicaKey, IPlanGrain plan, SiloShutdown shutdown, ILogger logger) : IDisposable
{
    /// <summary>The plan hears of a changed load so soon, and of no change in the meantime.</summary>
    private static readonly TimeSpan LoadPause = TimeSpan.FromSeconds(0.05);

    private IDisposable? _pause;
    private SchedulerLoad _reported;
    private long _reports;
    private long _start;

    /// <summary>Reports the load a moment later where it has changed, once for all that happens until then.</summary>
    public void OnLoad()
    {
        if (_pause is null && !shutdown.HasBegun && machine.Load != _reported)
            _pause = grain.RegisterGrainTimer(
                () => ReportAsync(_start), new GrainTimerCreationOptions { DueTime = LoadPause, Period = Timeout.InfiniteTimeSpan, Interleave = true });
    }

    /// <summary>Reports now. One that is lost is made good by the next.</summary>
    /// <param name="start">Of which start the report is.</param>
    public async Task ReportAsync(long start)
    {
        Dispose();
        if (shutdown.HasBegun)
            return;
        (_start, _reported) = (start, machine.Load);
        try
        {
            await plan.ReportReplicaAsync(new ReplicaReport(start, ++_reports, ReplicaStatusOf.Machine(replicaKey, machine)));
        }
        catch (Exception exception)
        {
            LogReportFailed(exception, replicaKey);
        }
    }

    public void Dispose()
    {
        _pause?.Dispose();
        _pause = null;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The plan could not be told how replica {Replica} is. The next report tells it.")]
    private partial void LogReportFailed(Exception exception, string replica);
}
