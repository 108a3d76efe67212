using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Grains.Plans;

/// <content>Plans that are made, looked at, applied and rolled back.</content>
public sealed partial class PlanGrain
{
    public async Task<PlanProposal> ProposeAsync(PlanWish wish)
    {
        if (_status.Fleet is null || _status.Profiles.IsEmpty)
            throw new PlanningException($"No fleet has been applied to model '{ModelId}' yet, so there is nothing to plan with.");
        var running = _status.Plan;
        var plan = await PlanAsync(wish);
        var request = Request(wish);
        return await Task.Run(() => new PlanProposal
        {
            Plan = plan,
            Explanation = advisor.Explain(request, plan),
            Changes = running is null ? [] : advisor.Compare(request, running, plan),
        });
    }

    public Task<ImmutableArray<ServingPlan>> GetPlansAsync() => Task.FromResult(journal.State.Plans);

    public Task<PlanStatus> ApplyPlanAsync(long generation)
    {
        var plan = journal.State.Plans.FirstOrDefault(kept => kept.Generation == generation) ?? throw new PlanningException(
            $"No plan of generation {generation} is kept for model '{ModelId}'. Kept are: {string.Join(", ", journal.State.Plans.Select(kept => kept.Generation))}.");
        if (_status.Fleet is not { } fleet)
            throw new PlanningException($"No fleet has been applied to model '{ModelId}' yet.");
        foreach (var stage in plan.Replicas.SelectMany(replica => replica.Stages))
            if (fleet.Find(stage.DeviceId) is null)
                throw new PlanningException($"Plan {generation} uses device '{stage.DeviceId}', which fleet '{fleet.Name}' does not have.");
        // Under a new generation: stages of the old one that linger somewhere can never be taken for its own.
        return ServeAsync(() => KeepAsync(plan));
    }
}
