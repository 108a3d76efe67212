using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Silo.Hosting;

/// <summary>
/// Applies the silo's fleet once the silo is up. A fleet that cannot be served leaves the silo running: /health and the log say why it
/// does not serve.
/// </summary>
internal sealed class FleetStarter(
    IGrainFactory grains, ServingTarget target, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<FleetStarter> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lifetime.StartedAsync(stoppingToken);
            var plan = grains.GetGrain<IPlanGrain>(target.Model.Id);
            await new FleetAttempts(target.Model.Id, target.Fleet.Name, () => plan.ApplyAsync(target.Fleet), time, logger).RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shut down before the fleet was ready.
        }
    }
}
