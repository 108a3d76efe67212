using E2LLM.Core.Errors;
using Microsoft.Extensions.Logging;

namespace E2LLM.Grains.Fleets;

/// <summary>Applies a fleet, and again where that failed for a reason that may pass: after 0.5 s, then after twice as long each time, up to 30 s.</summary>
/// <param name="model">For the log.</param>
/// <param name="fleet">For the log.</param>
/// <param name="apply">Ends when the fleet serves.</param>
/// <param name="time">Measures the pauses.</param>
/// <param name="logger">Is told of every failure.</param>
internal sealed partial class FleetAttempts(string model, string fleet, Func<Task> apply, TimeProvider time, ILogger logger)
{
    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <returns>Whether the fleet serves; false: it cannot.</returns>
    /// <exception cref="OperationCanceledException">The silo stops.</exception>
    public async Task<bool> RunAsync(CancellationToken stoppingToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await apply().WaitAsync(stoppingToken);
                LogServing(model, fleet);
                return true;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (!MayPass(error))
                {
                    LogCannotServe(model, fleet, error.Message);
                    return false;
                }
                LogTryingAgain(model, pause.TotalSeconds, error.Message);
            }
            await Task.Delay(pause, time, stoppingToken);
        }
    }

    /// <summary>Whether the same fleet may be served later without anybody changing anything.</summary>
    private static bool MayPass(Exception error) => error switch
    {
        E2LlmException ours => ours.MayRetry,
        // A silo that has left or is still joining; a call that was lost, took too long or was given up.
        Orleans.Runtime.OrleansException or TimeoutException or IOException or OperationCanceledException => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Model} on fleet {Fleet}.")]
    private partial void LogServing(string model, string fleet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot serve {Model} yet, trying again in {Seconds} s: {Reason}")]
    private partial void LogTryingAgain(string model, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot serve {Model} on fleet {Fleet}, and trying again would not help: {Reason}")]
    private partial void LogCannotServe(string model, string fleet, string reason);
}
