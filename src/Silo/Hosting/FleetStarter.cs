using E2LLM.Core.Errors;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Silo.Hosting;

/// <summary>Applies the silo's fleet once the silo is up. A failure leaves the silo running: /health and the log say why it cannot serve.</summary>
internal sealed partial class FleetStarter(IGrainFactory grains, ServingTarget target, ILogger<FleetStarter> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IPlanGrain>(target.Model.Id).ApplyAsync(target.Fleet).WaitAsync(stoppingToken);
            LogServing(target.Model.Id, target.Fleet.Name);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shut down before the fleet was ready.
        }
        catch (E2LlmException exception)
        {
            LogCannotServe(target.Model.Id, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Serving {Model} on fleet {Fleet}.")]
    private partial void LogServing(string model, string fleet);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot serve {Model}: {Reason}")]
    private partial void LogCannotServe(string model, string reason);
}
