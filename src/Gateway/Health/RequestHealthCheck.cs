using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using E2LLM.Grains.Interfaces.Requests;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Health;

/// <summary>
/// Healthy while a request can begin: each needs a grain that is not in memory yet, and the journal. What runs already says nothing of either.
/// </summary>
internal sealed class RequestHealthCheck(IGrainFactory grains, IOptions<GatewayOptions> options, TimeProvider time) : IHealthCheck
{
    public const string Name = "requests";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            // An id that nobody has used: a grain that is in memory already would prove nothing. It leaves as an idle one does.
            await grains.GetGrain<IRequestGrain>($"health-{Guid.NewGuid():N}").GetAsync()
                .WaitAsync(TimeSpan.FromSeconds(options.Value.StatusTimeoutSeconds), time, cancellationToken);
            return HealthCheckResult.Healthy("A request can begin.");
        }
        // Its grain is there, and goes on without. Not degraded: the framework would log that with every check, and the store's guard has.
        catch (StorageUnavailableException)
        {
            return HealthCheckResult.Healthy("A request can begin; the journal's store does not answer.");
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("No request can begin: its grain cannot be activated, or the journal not be read.", error);
        }
    }
}
