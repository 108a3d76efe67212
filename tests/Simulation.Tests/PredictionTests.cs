using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Scheduling.Batching;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

/// <summary>The planner's formulas beside what the scheduler and the router that serve make of the same plans.</summary>
public sealed class PredictionTests
{
    private static readonly SimulationOptions Options = new();
    private static readonly string[] Planners = ["colocated", "splitwise", "single-pipeline", "parallax"];

    [Theory]
    [InlineData("paper-testbed", "extended", 0.4, 0.7, 2)]
    [InlineData("paper-testbed", "custom-extended", 1, 2, 4)]
    [InlineData("pi-and-jetson", "extended", 2.5, 5, 10)]
    public void TimeToTheLastToken_IsPredictedToAnEighth(string fleet, string workloadName, double shortest, double middle, double longest)
    {
        var errors = new List<double>();
        foreach (var interval in new[] { shortest, middle, longest })
        {
            var request = PresetRequests.Create(
                FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workloadName) with { RequestsPerSecond = 1 / interval }, PlanObjective.Latency);
            foreach (var name in Planners)
            {
                var plan = PlannerRegistry.Get(name).Plan(request, CancellationToken.None);
                var simulated = TrialFigures.Of(request, plan, Options, CancellationToken.None).EndToEndSeconds;
                errors.Add(Math.Abs(Math.Log((plan.Prediction!.MeanWaitSeconds + plan.Prediction.ServiceSeconds) / simulated)));
            }
        }
        Assert.True(errors.Average() < 0.125, $"off by {errors.Average():0.000} on average; {string.Join(", ", errors.Select(error => $"{error:0.00}"))}");
        Assert.True(errors.Max() < 0.3, $"off by {errors.Max():0.00}");
    }

    [Theory]
    [InlineData("paper-testbed")]
    [InlineData("pi-and-jetson")]
    public void SustainedRate_IsThatOfAPipelineWhereRequestsAlwaysWait_AndTheCapacityIsNotReached(string fleet)
    {
        const int warm = 150;
        const int measured = 350;
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended") with { RequestsPerSecond = 100 }, PlanObjective.Capacity);
        var plan = PlannerRegistry.Get("single-pipeline").Plan(request, CancellationToken.None);
        var requests = WorkloadSampler.Draw(request.Workload!, 600, seed: 1, request.Engine.MaxSequenceTokens);
        var ends = new FogSimulator(request, plan, Options).Run(requests, CancellationToken.None).Requests.Select(served => served.EndSeconds).Order().ToArray();
        var rate = (measured - warm) / (ends[measured] - ends[warm]);
        Assert.InRange(rate, 0.85 * plan.Prediction!.SustainedRequestsPerSecond, 1.15 * plan.Prediction.SustainedRequestsPerSecond);
        Assert.True(rate < plan.Prediction.CapacityRequestsPerSecond, $"{rate} requests/s, {plan.Prediction.CapacityRequestsPerSecond} at most");
    }

    [Fact]
    public void PromptRowsBesideDecode_AreThoseOfTheScheduler() =>
        Assert.Equal(RoleCosts.PromptRowsBesideDecode, SchedulerOptions.Default.PrefillTokensBesideDecode);
}
