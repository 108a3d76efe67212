using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Ablations;

public sealed class AblatedPlannerTests
{
    private static readonly FleetSpec Testbed = FleetPresets.Get("paper-testbed");

    [Fact]
    public void NoRoles_WhereRolesPay_PlansMixedReplicasAlone()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("pi-and-jetson"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended") with { RequestsPerSecond = 0.1 }, PlanObjective.Latency);

        Assert.Contains(Plan("e2llm", request).Replicas, replica => replica.Role != ReplicaRole.Mixed);
        Assert.All(Plan("e2llm-no-roles", request).Replicas, replica => Assert.Equal(ReplicaRole.Mixed, replica.Role));
    }

    /// <summary>The plan is made as if there were no network, and pays for the one there is.</summary>
    [Fact]
    public void NoLinks_OverASlowNetwork_PlansWhatCarriesLess()
    {
        var request = Request(Testbed with { Links = [], DefaultBandwidthBytesPerSecond = 1e6, DefaultLatencySeconds = 0.05 }, PlanObjective.Capacity);

        Assert.True(Capacity("e2llm-no-links", request) < 0.99 * Capacity("e2llm", request), $"{Capacity("e2llm-no-links", request)} of {Capacity("e2llm", request)}");
    }

    [Fact]
    public void NoChoices_HasTheRequestsEngineSettingsEverywhere()
    {
        var request = Request(Testbed, PlanObjective.Capacity);

        Assert.Contains(Plan("e2llm", request).Replicas, replica => replica.Engine.MaxSequences > request.Engine.MaxSequences);
        Assert.All(Plan("e2llm-no-choices", request).Replicas, replica => Assert.True(replica.Engine.MaxSequences <= request.Engine.MaxSequences));
    }

    [Fact]
    public void NoSimulation_AsksNoJudge()
    {
        var request = Request(Testbed, PlanObjective.Latency);

        Assert.Throws<NotSupportedException>(() => PlannerRegistry.Get("e2llm", new NoJudge()).Plan(request, CancellationToken.None));
        Assert.Equal("e2llm-no-simulation", PlannerRegistry.Get("e2llm-no-simulation", new NoJudge()).Plan(request, CancellationToken.None).Planner);
    }

    [Fact]
    public void Get_AblationForServing_IsNotAmongTheNamesOfPlanners() => Assert.Empty(PlannerRegistry.Names.Intersect(PlannerRegistry.AblationNames));

    [Fact]
    public void Get_UnknownName_ListsAblationsToo() =>
        Assert.Contains("e2llm-no-roles", Assert.Throws<ConfigurationException>(() => PlannerRegistry.Get("e2llm-no-thing")).Message);

    private static PlanRequest Request(FleetSpec fleet, PlanObjective objective) =>
        PresetRequests.Create(fleet, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("custom-extended"), objective);

    private static ServingPlan Plan(string planner, PlanRequest request) => PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);

    private static double Capacity(string planner, PlanRequest request) => Plan(planner, request).Prediction!.CapacityRequestsPerSecond;

    private sealed class NoJudge : IPlanJudge
    {
        public int Choose(PlanRequest request, IReadOnlyList<ServingPlan> plans, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
