using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gateway.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Plans;

/// <summary>What the plans of the catalog's models say, within the time that the options allow.</summary>
internal sealed class PlanReader(IGrainFactory grains, IModelCatalog catalog, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Not while every replica is out of service, whatever the plan says.</summary>
    public static bool IsReady(PlanStatus status) => status.Replicas.IsDefaultOrEmpty
        ? status.Phase == PlanPhase.Ready
        : status.Replicas.Any(replica => replica.IsServing);

    /// <exception cref="ModelNotReadyException">The plan does not answer in time.</exception>
    public async Task<PlanStatus> GetAsync(string modelId, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(options.Value.StatusTimeoutSeconds);
        try
        {
            return await grains.GetGrain<IPlanGrain>(modelId).GetStatusAsync().WaitAsync(timeout, time, cancellationToken);
        }
        catch (TimeoutException timedOut)
        {
            throw new ModelNotReadyException($"The plan of model '{modelId}' did not answer within {timeout.TotalSeconds} s.", timedOut);
        }
    }

    /// <exception cref="ModelNotReadyException">No complete replica serves.</exception>
    public async Task<PlanStatus> GetReadyAsync(string modelId, CancellationToken cancellationToken)
    {
        var status = await GetAsync(modelId, cancellationToken);
        if (IsReady(status))
            return status;
        throw new ModelNotReadyException(status.Phase == PlanPhase.Ready
            ? $"All replicas of model '{modelId}' are out of service and being started anew: {status.Replicas[0].LastFailure}."
            : $"Model '{modelId}' is not being served yet; its plan is in phase {status.Phase}{(status.Error.Length > 0 ? $": {status.Error}" : "")}.");
    }

    /// <summary>The status of every model; a plan that cannot be asked is Failed, with the reason.</summary>
    public async Task<IReadOnlyList<(ModelSpec Model, PlanStatus Status)>> GetAllAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(catalog.Models.Select(async model => (model, await GetOrFailedAsync(model.Id, cancellationToken))));

    private async Task<PlanStatus> GetOrFailedAsync(string modelId, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync(modelId, cancellationToken);
        }
        catch (Exception error) when (error is E2LlmException or Orleans.Runtime.OrleansException)
        {
            return new PlanStatus { Phase = PlanPhase.Failed, Error = error.Message };
        }
    }
}
