using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Comparison;

public class PlanPricerTests
{
    private static readonly PlanRequest Request = PresetRequests.Create(
        FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);

    [Theory]
    [InlineData("e2llm")]
    [InlineData("e2llm-paper")]
    [InlineData("splitwise")]
    public void Price_PlanWithoutFigures_GetsThoseThatItsPlannerGave(string planner)
    {
        var context = new PlanningContext(Request, CancellationToken.None);
        var plan = PlannerRegistry.Get(planner).Plan(Request, CancellationToken.None);
        var bare = plan with { Prediction = null, Certificates = [], Replicas = [.. plan.Replicas.Select(replica => replica with { RequestsPerSecond = 0 })] };

        var priced = PlanPricer.Price(context, bare);

        Assert.Equal(plan.Prediction, priced.Prediction);
        Assert.Equal(plan.Certificates.AsEnumerable(), priced.Certificates);
        Assert.Equal(plan.Replicas.Select(replica => replica.RequestsPerSecond), priced.Replicas.Select(replica => replica.RequestsPerSecond));
    }

    [Fact]
    public void Price_DeviceThatTheFleetDoesNotHave_IsRefusedByName()
    {
        var plan = PlannerRegistry.Get("single-pipeline").Plan(Request, CancellationToken.None);
        var gone = plan.Replicas[0].Stages[0].DeviceId;
        var smaller = Request with
        {
            Fleet = Request.Fleet with { Devices = [.. Request.Fleet.Devices.Where(device => device.Id != gone)] },
            Profiles = [.. Request.Profiles.Where(profile => profile.DeviceId != gone)],
        };

        var error = Assert.Throws<PlanningException>(() => PlanPricer.Price(new PlanningContext(smaller, CancellationToken.None), plan));

        Assert.Contains(gone, error.Message);
    }
}
