using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Grains.Plans;

/// <content>Which replicas a request gets.</content>
public sealed partial class PlanGrain
{
    /// <summary>How long a call waits for a replica to come back. Below the time in which any grain call has to be answered.</summary>
    private static readonly TimeSpan RoutePatience = TimeSpan.FromSeconds(10);

    /// <summary>A replica that does not tell its load within this time is passed over.</summary>
    private static readonly TimeSpan StatusPatience = TimeSpan.FromSeconds(5);

    private readonly AsyncSignal _changed = new();
    private long _routed;

    public async Task<ReplicaRoute?> RouteAsync(RouteQuery query)
    {
        var changed = _changed.WaitAsync();
        if (await TryRouteAsync(query) is { } route)
            return route;
        try
        {
            await changed.WaitAsync(RoutePatience, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
        return await TryRouteAsync(query);
    }

    /// <returns>Null where nobody can serve the request now, but somebody may soon.</returns>
    private async Task<ReplicaRoute?> TryRouteAsync(RouteQuery query)
    {
        if (_status.Phase != PlanPhase.Ready)
            return query.HasBegun && _status.Phase is PlanPhase.Profiling or PlanPhase.Planning or PlanPhase.Loading
                ? null
                : throw new OverloadedException($"Model '{ModelId}' is not being served now (plan: {_status.Phase}). {_status.Error}".TrimEnd());
        var (plan, keys) = (_status.Plan!, _status.ReplicaKeys);
        var router = new ReplicaRouter(plan, _status.Model!, _status.Fleet!, routing);
        ImmutableArray<ReplicaStatus> status = router.HasOneRoute && query.Avoid.IsEmpty && _restarts.Count == 0
            ? [.. keys.Select(key => new ReplicaStatus { Key = key, State = ReplicaState.Serving })]
            : [.. await ReplicaStatusAsync()];
        if (_status.Plan != plan)
            return null; // another plan came meanwhile
        foreach (var (index, replica) in status.Index())
            if (!replica.IsServing)
                Restart(index, replica.LastFailure);
        return router.Choose(status, new RouteRequest(query.PromptTokens, query.MaxTokens, _routed++), query.Avoid) is { } route
            ? new ReplicaRoute(keys[route.Prefill], route.IsHandOff ? keys[route.Decode] : null)
            : null;
    }

    /// <summary>Never throws: a replica that does not answer does not serve.</summary>
    private async Task<ReplicaStatus> StatusOfAsync(string key)
    {
        try
        {
            return await GrainFactory.GetGrain<IReplicaGrain>(key).GetStatusAsync().WaitAsync(StatusPatience, time);
        }
        catch (Exception exception)
        {
            return new ReplicaStatus { Key = key, LastFailure = $"it does not answer: {exception.Message}" };
        }
    }
}
