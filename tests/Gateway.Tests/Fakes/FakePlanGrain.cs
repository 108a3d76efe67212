using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Gateway.Tests.Fakes;

/// <summary>Says what the test set.</summary>
public sealed class FakePlanGrain(FakeFleet fleet) : Grain, IPlanGrain
{
    public Task<PlanStatus> GetStatusAsync() => Task.FromResult(fleet[this.GetPrimaryKeyString()].ReadStatus());

    public Task<PlanStatus> ApplyAsync(FleetSpec fleet) => throw new NotSupportedException();

    public Task<PlanProposal> ProposeAsync(PlanWish wish) => throw new NotSupportedException();

    public Task<ImmutableArray<ServingPlan>> GetPlansAsync() => throw new NotSupportedException();

    public Task<PlanStatus> ApplyPlanAsync(long generation) => throw new NotSupportedException();

    public Task<ReplicaRoute?> RouteAsync(RouteQuery query) => throw new NotSupportedException();

    public Task ReportReplicaAsync(ReplicaReport report) => throw new NotSupportedException();

    public Task StopAsync() => throw new NotSupportedException();
}
