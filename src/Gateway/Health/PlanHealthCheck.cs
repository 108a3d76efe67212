using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Plans;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace E2LLM.Gateway.Health;

/// <summary>Healthy once every model of the catalog is served by a complete replica, until the host stops; says how far each has come.</summary>
internal sealed class PlanHealthCheck(PlanReader plans, AnswersInWork answers) : IHealthCheck
{
    public const string Name = "e2llm";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var all = await plans.GetAllAsync(cancellationToken);
        var phases = all.ToDictionary(entry => entry.Model.Id, object (entry) => entry.Status.Phase.ToString().ToLowerInvariant());
        if (answers.IsClosed)
            return HealthCheckResult.Unhealthy("Stopping: no new requests.", data: phases);
        var waiting = all.Where(entry => !PlanReader.IsReady(entry.Status)).Select(entry => entry.Model.Id).ToArray();
        return waiting.Length == 0
            ? HealthCheckResult.Healthy("Every model is served.", phases)
            : HealthCheckResult.Unhealthy($"Not served now: {string.Join(", ", waiting)}.", data: phases);
    }
}
