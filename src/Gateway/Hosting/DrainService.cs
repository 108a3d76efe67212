using System.Runtime.InteropServices;
using E2LLM.Gateway.Chat;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Hosting;

/// <summary>
/// Lets the answers end that are being written when the host stops. It does so before any service is stopped: while the web server
/// still writes to its connections, and the silo still computes.
/// </summary>
internal sealed partial class DrainService(
    AnswersInWork answers, IOptions<GatewayOptions> options, TimeProvider time, ILogger<DrainService> logger) : IHostedLifecycleService
{
    /// <summary>What an answer that is cut short may take to send its error.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var done = answers.CloseAsync();
        if (done.IsCompleted)
            return;
        // The signal that stops the host has been; another one says that somebody does not want to wait.
        using var hurry = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hurry);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hurry);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Hurry);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Hurry);
        LogDraining(options.Value.DrainSeconds);
        if (await IsDoneAsync(done, TimeSpan.FromSeconds(options.Value.DrainSeconds), hurry.Token))
            return;
        LogCutShort();
        await answers.CutShortAsync();
        await IsDoneAsync(done, Farewell, cancellationToken);

        void Hurry(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hurry.Cancel();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> IsDoneAsync(Task done, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await done.WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Information, "Stopping: no new requests; answers that are being written have {Seconds} s to end, or until the next signal")]
    private partial void LogDraining(double seconds);

    [LoggerMessage(LogLevel.Warning, "Stopping: the answers that are still being written end with an error now")]
    private partial void LogCutShort();
}
