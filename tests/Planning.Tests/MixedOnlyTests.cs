using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests;

/// <summary>Models whose KV caches cannot be handed over are planned without roles.</summary>
public sealed class MixedOnlyTests
{
    [Theory]
    [InlineData("paper-testbed", PlanObjective.Capacity)]
    [InlineData("paper-testbed", PlanObjective.Goodput)]
    [InlineData("unlike-16", PlanObjective.Capacity)]
    public void Plan_MixedOnly_HasMixedReplicasWhereRolesWouldPay(string fleet, PlanObjective objective)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("custom-extended") with { RequestsPerSecond = 3 }, objective);

        var plan = PlannerRegistry.Get("e2llm").Plan(request with { MixedOnly = true }, CancellationToken.None);

        Assert.All(plan.Replicas, replica => Assert.Equal(ReplicaRole.Mixed, replica.Role));
        Assert.All(plan.Certificates, certificate => Assert.True(certificate.GapPercent >= 0));
    }
}
