using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Exact;

/// <summary>Small fleets in which a proof is easily wrong.</summary>
public class ExactPlannerTests
{
    [Fact]
    public void Plan_StepsThatTakeTheSameForAnyBatch_RunSevenSequencesInOneMicroBatch()
    {
        var request = Fixtures.Request(Fixtures.Model(layers: 2), (100_000, 0.5)) with
        {
            Engine = Fixtures.Engine() with { KvCells = 140, MaxSequences = 7, MaxStepTokens = 10 },
            Workload = new WorkloadSpec { Name = "w", RequestsPerSecond = 1, MeanInputTokens = 10, MeanOutputTokens = 8 },
        };
        request = request with { Profiles = [request.Profiles[0] with { Decode = [new(1, 0, 0.5), new(16, 0, 0.5)], Prefill = [new(10, 0.5)] }] };
        var plan = Plan("exact", request);
        Assert.Equal((7, 1), (plan.Replicas[0].DecodeConcurrency, plan.Replicas[0].MicroBatches));
        // Ten rows of a prompt beside seven take each of the two layers from 0.5 to 0.85 s, and a request takes one seventh of seven steps.
        Assert.Equal(1 / 1.7, plan.Prediction!.CapacityRequestsPerSecond, 9);
        Assert.Equal(1 / 1.7, plan.Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity).Bound, 6);
    }

    [Fact]
    public void Plan_LayersWithWindows_SendLessThanTheBoundAllows()
    {
        // Layers in turn with a window of 4 of 40 tokens and without: two layers send 44 tokens' cache, at 4.4 bytes a second and 1 byte a token.
        var model = Fixtures.Model(layers: 4) with { LayerWindowTokens = [4, 0, 4, 0] };
        var request = Fixtures.Request(model, (100_000, 1), (100_000, 1), (100_000, 1), (100_000, 1)) with
        {
            Engine = Fixtures.Engine() with { KvCells = 100, MaxStepTokens = 40 },
            Workload = new WorkloadSpec { Name = "w", RequestsPerSecond = 1, MeanInputTokens = 40, MeanOutputTokens = 10 },
            Objective = PlanObjective.Capacity,
        };
        request = request with { Fleet = request.Fleet with { DefaultBandwidthBytesPerSecond = 20 } };
        foreach (var planner in new[] { "e2llm", "exact" })
        {
            var plan = Plan(planner, request);
            Assert.All(plan.Certificates, certificate => Assert.True(certificate.Objective != PlanObjective.Capacity || certificate.Bound >= certificate.Achieved));
        }
    }

    [Fact]
    public void Plan_NamedLinksByWait_IsRefused()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Wait);
        var devices = request.Fleet.Devices;
        request = request with
        {
            Fleet = request.Fleet with
            {
                Links = [new LinkSpec { From = devices[0].Id, To = devices[1].Id, BandwidthBytesPerSecond = 1e6, LatencySeconds = 0.1 }],
            },
        };
        var error = Assert.Throws<PlanningException>(() => Plan("exact", request));
        Assert.Contains("too many orders and cuts", error.Message);
        Assert.Equal(0, Plan("exact", request with { Objective = PlanObjective.Capacity }).Certificates[0].GapPercent);
    }

    [Fact]
    public void Certify_PlanAboveItsBound_IsADefectWithTheFiguresOfTheRequest()
    {
        var request = Fixtures.Request(Fixtures.Model(layers: 2), (100_000, 0.5)) with { Objective = PlanObjective.Capacity };
        var context = new PlanningContext(request, CancellationToken.None);
        var figures = context.Optimum(PlanObjective.Capacity).Figures;
        var error = Assert.Throws<InvalidOperationException>(
            () => E2LLM.Planning.Certificates.Certifier.Certify(context, figures with { CapacityPerSecond = figures.CapacityPerSecond * 1.01 }));
        Assert.Contains("a defect of the planner", error.Message);
        Assert.Contains("model 'tiny': 2 layers", error.Message);
    }

    private static ServingPlan Plan(string planner, PlanRequest request) => PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
}
