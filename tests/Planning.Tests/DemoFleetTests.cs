using E2LLM.Core.Plans;
using E2LLM.Planning.FleetFiles;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Tests.FleetFiles;

namespace E2LLM.Planning.Tests;

/// <summary>The fleet and model that a new user sees first.</summary>
public class DemoFleetTests
{
    [Theory]
    [InlineData("e2llm", 2048, 256)]
    [InlineData("e2llm-dp", 2048, 256)]
    [InlineData("e2llm", 1024, 128)]
    [InlineData("e2llm-dp", 1024, 128)]
    public void Plan_DemoFleet_NeedsSeveralDevicesForTheModel(string planner, int kvCells, int stepTokens)
    {
        var fleet = FleetFileReader.Read(Path.Combine(FleetFileReaderTests.RepositoryRoot(), "fleets", "demo.json"));
        var model = ModelShapes.Get("e2llm-demo");
        var request = new PlanRequest
        {
            Fleet = fleet,
            Model = model,
            // About a thousand tokens a second on one core of the host.
            Profiles = [.. fleet.Devices.Select(device => AnalyticProfile.Create(device, model, 10e9, 4e9, 1))],
            Engine = new EngineSettings { KvCells = kvCells, MaxStepTokens = stepTokens, MaxSequenceTokens = 384 },
        };
        var plan = PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
        Assert.All(plan.Replicas, replica => Assert.InRange(replica.Stages.Length, 2, 4));
        Assert.All(plan.Certificates, certificate => Assert.True(planner != "e2llm" || certificate.Objective != request.Objective || certificate.GapPercent < 1));
    }
}
