using System.Collections.Concurrent;
using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Gateway.Calls;
using E2LLM.Gateway.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Plans;

/// <summary>
/// What the plans of the catalog's models say, within the time that the options allow. Requests read a copy that is at most
/// <see cref="CopyAge"/> old: what changes with another plan, limits and readiness, they learn within that time.
/// </summary>
internal sealed class PlanReader(IGrainFactory grains, IModelCatalog catalog, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>From half of it on a copy is renewed while it is still good, so that under load no request waits for that.</summary>
    public static readonly TimeSpan CopyAge = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, PlanCopy> _copies = [];

    /// <summary>Not while every replica is out of service, whatever the plan says.</summary>
    public static bool IsReady(PlanStatus status) => status.Replicas.IsDefaultOrEmpty
        ? status.Phase == PlanPhase.Ready
        : status.Replicas.Any(replica => replica.IsServing);

    /// <summary>A copy that is new enough, or what the plan says now: a replica serves, or is about to in the place of one that did.</summary>
    /// <exception cref="ModelNotReadyException">No replica serves or is about to, or the plan does not answer in time.</exception>
    /// <exception cref="ModelFileException">No replica serves, and none will: the model is at fault.</exception>
    public async ValueTask<PlanStatus> GetReadyAsync(string modelId, CancellationToken cancellationToken)
    {
        var copy = _copies.GetOrAdd(modelId, id => new PlanCopy(() => grains.GetGrain<IPlanGrain>(id).GetStatusAsync(), time));
        // Whoever is turned away is so by what the plan says now.
        if (copy.Read(CopyAge) is { } known && IsReady(known))
            return known;
        var status = await WithinTimeAsync(modelId, copy.RenewAsync, cancellationToken);
        if (IsReady(status) || status.IsChangingOver)
            return status;
        if (status.ModelFault.Length > 0)
            throw new ModelFileException(status.ModelFault);
        var failure = status.Replicas.IsDefaultOrEmpty ? "" : status.Replicas[0].LastFailure;
        throw new ModelNotReadyException(status.Phase is PlanPhase.Ready or PlanPhase.Loading && failure.Length > 0
            ? $"All replicas of model '{modelId}' are out of service and being started anew: {Sentence.End(failure)}"
            : $"Model '{modelId}' is not being served yet; its plan is in phase {Sentence.End(status.Phase + (status.Error.Length > 0 ? $": {status.Error}" : ""))}");
    }

    /// <summary>The status of every model; a plan that cannot be asked is Failed, with the reason.</summary>
    public async Task<IReadOnlyList<(ModelSpec Model, PlanStatus Status)>> GetAllAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(catalog.Models.Select(async model => (model, await GetOrFailedAsync(model.Id, cancellationToken))));

    private async Task<PlanStatus> WithinTimeAsync(string modelId, Func<Task<PlanStatus>> ask, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(options.Value.StatusTimeoutSeconds);
        try
        {
            return await PatientCall.AskAsync(ask, timeout, time, cancellationToken);
        }
        catch (TimeoutException timedOut)
        {
            throw new ModelNotReadyException($"The plan of model '{modelId}' did not answer within {timeout.TotalSeconds} s.", timedOut);
        }
    }

    private async Task<PlanStatus> GetOrFailedAsync(string modelId, CancellationToken cancellationToken)
    {
        try
        {
            return await WithinTimeAsync(modelId, grains.GetGrain<IPlanGrain>(modelId).GetStatusAsync, cancellationToken);
        }
        catch (Exception error) when (error is E2LlmException or Orleans.Runtime.OrleansException)
        {
            return new PlanStatus { Phase = PlanPhase.Failed, Error = error.Message };
        }
    }
}
