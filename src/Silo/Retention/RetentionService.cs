using System.Data.Common;
using E2LLM.Core.Errors;

namespace E2LLM.Silo.Retention;

/// <summary>Removes what is kept too long, or too much of it, at start and then once an hour. A failure is logged and tried again with the next.</summary>
/// <param name="pruneJournal">Returns how many records were removed.</param>
/// <param name="trimSlices">Returns how many bytes were removed.</param>
internal sealed partial class RetentionService(
    Func<CancellationToken, int> pruneJournal,
    Func<CancellationToken, Task<long>> trimSlices,
    TimeProvider time,
    ILogger<RetentionService> logger) : BackgroundService
{
    internal static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                // Databases are read and waited for on the caller's thread.
                await AttemptAsync("journal", () => Task.Run(
                    () =>
                    {
                        if (pruneJournal(stoppingToken) is > 0 and var records)
                            LogPruned(records);
                    },
                    stoppingToken));
                await AttemptAsync("slice store", async () =>
                {
                    if (await trimSlices(stoppingToken) is > 0 and var bytes)
                        LogTrimmed(bytes);
                });
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task AttemptAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is DbException or E2LlmException or IOException or UnauthorizedAccessException)
        {
            LogFailed(what, error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed the records of {Records} requests from the journal.")]
    private partial void LogPruned(int records);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Bytes} bytes of slices and weights that were not used for longest.")]
    private partial void LogTrimmed(long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not clean up the {What}: {Reason}")]
    private partial void LogFailed(string what, string reason);
}
