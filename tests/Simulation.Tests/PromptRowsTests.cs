using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

/// <summary>What a plan says of prompts beside answers, and what that is worth.</summary>
public sealed class PromptRowsTests
{
    [Fact]
    public void Plan_OfAFastGpuThatReadsFarMoreThanItWrites_TakesRowsThatDoubleItsRate()
    {
        var (request, plan) = Plan("rtx-4090", "azure-conv");
        var replica = Assert.Single(plan.Replicas);
        Assert.InRange(replica.PromptRowsBesideDecode, 128, 512);

        var requests = WorkloadSampler.Draw(
            request.Workload! with { RequestsPerSecond = 2 * plan.Prediction!.SustainedRequestsPerSecond }, 1_000, seed: 1, request.Engine.MaxSequenceTokens);
        var withRows = new FogSimulator(request, plan, new SimulationOptions()).Run(requests, CancellationToken.None);
        var without = new FogSimulator(request, plan, new SimulationOptions { MaxPrefillTokensBesideDecode = 1 }).Run(requests, CancellationToken.None);
        Assert.True(without.DurationSeconds > 1.8 * withRows.DurationSeconds, $"{without.DurationSeconds:0} s without, {withRows.DurationSeconds:0} s with");
    }

    [Fact]
    public void Plan_OfADeviceWhoseStepsAreMostlyRows_LeavesThemAtWhatIsAlwaysRead()
    {
        var (_, plan) = Plan("mac-m2-max", "extended");
        Assert.Equal(64, Assert.Single(plan.Replicas).PromptRowsBesideDecode);
    }

    private static (PlanRequest Request, ServingPlan Plan) Plan(string device, string workload)
    {
        var preset = DevicePresets.Get(device);
        var fleet = new FleetSpec
        {
            Name = "one",
            Devices = [new DeviceSpec { Id = device, MemoryBytes = preset.MemoryBytes, Threads = preset.Cores, Description = preset.Description }],
        };
        var request = PresetRequests.Create(fleet, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workload) with { ArrivalScv = 1 }, PlanObjective.Capacity);
        return (request, PlannerRegistry.Get("colocated").Plan(request, CancellationToken.None));
    }
}
