using System.Data.Common;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Silo.Hosting;

namespace E2LLM.Silo.Recovery;

/// <summary>
/// Once, after the start: requests that the process before left half done are ended as interrupted, and the statistics hear of those that
/// ended after they were last stored. After a clean stop there is nothing to do.
/// </summary>
internal sealed partial class RecoveryService(
    LeftRecords left, IGrainFactory grains, ServingTarget target, IHostApplicationLifetime lifetime, ILogger<RecoveryService> logger) : BackgroundService
{
    /// <summary>A record is written a moment after its end was told; SQLite counts in seconds. The statistics know twice as much.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.StartedAsync(stoppingToken);
            var storedAt = await grains.GetGrain<IRequestStatisticsGrain>(target.Model.Id).GetStoredAtAsync();
            // Databases are read on the caller's thread.
            var count = await Task.Run(() => RecoverAsync(storedAt - Overlap, stoppingToken), stoppingToken);
            if (count > 0)
                LogRecovered(count);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops; what is left is there at the next start.
        }
        catch (Exception error) when (error is DbException or OrleansException or TimeoutException)
        {
            LogFailed(error.Message);
        }
    }

    private async Task<int> RecoverAsync(DateTimeOffset? endedSince, CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var id in left.Find(target.Model.Id, endedSince))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await grains.GetGrain<IRequestGrain>(id).RecoverAsync();
            count++;
        }
        return count;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Looked after {Requests} requests that were running, or had just ended, when the silo stopped last.")]
    private partial void LogRecovered(int requests);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal's records of the last run could not all be looked after: {Reason} The statistics may lack some.")]
    private partial void LogFailed(string reason);
}
