using E2LLM.Core.Plans;
using E2LLM.Planning.E2Llm;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests;

public class PlanJudgeTests
{
    [Fact]
    public void Plan_WithAJudge_TakesThePlanThatItChooses()
    {
        var fleet = FleetPresets.Get("unlike-16");
        var request = PresetRequests.Create(
            fleet with { Devices = fleet.Devices[..12] }, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency);
        var judge = new LastIsBest();
        var plan = new E2LlmPlanner(judge).Plan(request, CancellationToken.None);
        Assert.InRange(judge.Seen.Count, 2, 28);
        Assert.Same(judge.Seen[^1], plan);
        Assert.Equal(
            judge.Seen.Select(seen => seen.Prediction!.MeanWaitSeconds + seen.Prediction.ServiceSeconds).Order(),
            judge.Seen.Select(seen => seen.Prediction!.MeanWaitSeconds + seen.Prediction.ServiceSeconds));
    }

    [Theory]
    [InlineData(PlanObjective.Wait)]
    [InlineData(PlanObjective.Capacity)]
    public void Plan_ForAnObjectiveOfWhichThereAreProofs_AsksNoJudge(PlanObjective objective)
    {
        var judge = new LastIsBest();
        var plan = new E2LlmPlanner(judge).Plan(
            PresetRequests.Create(FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective), CancellationToken.None);
        Assert.Empty(judge.Seen);
        Assert.NotEmpty(plan.Replicas);
    }

    private sealed class LastIsBest : IPlanJudge
    {
        public IReadOnlyList<ServingPlan> Seen { get; private set; } = [];

        public int Choose(PlanRequest request, IReadOnlyList<ServingPlan> candidates, CancellationToken cancellationToken)
        {
            Seen = candidates;
            return candidates.Count - 1;
        }
    }
}
