using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2LLM.Clustering;

/// <summary>
/// Says that the cluster's table is away, and that it is back, in one line of the log each. Orleans itself goes on without a word, or
/// with a stack every few seconds where its warnings are shown.
/// </summary>
/// <param name="read">Reads the table.</param>
/// <param name="time">Measures the pauses.</param>
/// <param name="logger">Is told.</param>
internal sealed partial class TableWatch(Func<CancellationToken, Task> read, TimeProvider time, ILogger<TableWatch> logger) : BackgroundService
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        long? since = null;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var failure = await TryReadAsync(stoppingToken);
                if (failure is not null && since is null)
                {
                    since = time.GetTimestamp();
                    LogGone(StoreFailure.ReasonOf(failure));
                }
                else if (failure is null && since is { } start)
                {
                    since = null;
                    LogBack(time.GetElapsedTime(start).TotalSeconds);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    private async Task<Exception?> TryReadAsync(CancellationToken stoppingToken)
    {
        try
        {
            await read(stoppingToken);
            return null;
        }
        // The providers throw whatever their clients throw.
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            return error;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The cluster's table does not answer: {Reason} The silos go on with each other; until it is back none can join, and one that dies is not declared dead.")]
    private partial void LogGone(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster's table answers again after {Seconds:0} s.")]
    private partial void LogBack(double seconds);
}
