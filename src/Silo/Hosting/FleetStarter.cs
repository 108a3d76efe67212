using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Silo.Hosting;

/// <summary>Applies the silo's fleet once the silo is up. A failure leaves the silo running: /health and the log say why it cannot serve.</summary>
internal sealed partial class FleetStarter(
    IGrainFactory grains, ServingTarget target, IHostApplicationLifetime lifetime, ILogger<FleetStarter> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await StartedAsync(stoppingToken);
            await grains.GetGrain<IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet).WaitAsync(stoppingToken);
            LogServing(target.Model.Id, target.Fleet.Name);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shut down before the fleet was ready.
        }
        catch (Exception exception)
        {
            LogCannotServe(target.Model.Id, exception.Message);
        }
    }

    /// <summary>Hosted services start one after the other; grains can be called when the last of them has.</summary>
    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Model} on fleet {Fleet}.")]
    private partial void LogServing(string model, string fleet);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot serve {Model}: {Reason}")]
    private partial void LogCannotServe(string model, string reason);
}
