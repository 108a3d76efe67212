using E2LLM.Core.Errors;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.Hosting;

namespace E2LLM.Grains.Hosting;

/// <summary>
/// Tells a grain of this silo, and several times a lease that it is still there; takes its leave when the silo's services are stopped. Answers
/// that are still being written when the host is told to stop end before that, with all that the silo has.
/// </summary>
internal abstract class LeaseReporter(
    ILocalSiloDetails silo, ISiloStatusOracle silos, FleetTimes times, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private const int ReportsPerLease = 4;

    /// <summary>What taking leave may take: the silo is about to stop.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(0.5);

    protected TimeProvider Time => time;

    protected string Silo => silo.Name;

    /// <summary>Greater than that of every earlier process of the silo.</summary>
    protected long Incarnation => silo.SiloAddress.Generation;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.StartedAsync(stoppingToken);
            if (await BeginAsync(stoppingToken))
                await ReportAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Not with the last silo: there is nobody to take leave of.
            if (lifetime.ApplicationStarted.IsCancellationRequested && silos.GetActiveSilos().Length > 1)
                await LeaveAsync().WaitAsync(LeaveTime, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Once, when the silo serves.</summary>
    /// <returns>Whether there is something to tell.</returns>
    protected virtual Task<bool> BeginAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Tells once. Whatever it throws of other silos is tried again.</summary>
    protected abstract Task TellAsync(CancellationToken cancellationToken);

    protected abstract Task LeaveAsync();

    /// <summary>Said once an outage.</summary>
    protected abstract void LogNotHeard(string reason);

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        var isSilenced = false;
        while (true)
        {
            var pause = TimeSpan.FromSeconds(times.LeaseSeconds / ReportsPerLease);
            try
            {
                await TellAsync(cancellationToken);
                isSilenced = false;
            }
            catch (Exception error) when (error is OrleansException or TimeoutException or E2LlmException)
            {
                if (!isSilenced)
                    LogNotHeard(error.Message);
                (isSilenced, pause) = (true, RetryPause);
            }
            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
