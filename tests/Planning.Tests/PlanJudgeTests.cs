using E2LLM.Core.Plans;
using E2LLM.Planning.E2Llm;
using E2LLM.Planning.Explanation;
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
        Assert.Equal(judge.Seen[^1].Prediction, plan.Prediction);
        Assert.Equal(Devices(judge.Seen[^1]), Devices(plan));
        Assert.NotEmpty(plan.Certificates);

        static IEnumerable<string> Devices(ServingPlan of) => of.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.DeviceId);
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

    [Theory]
    [InlineData(0.3, PlanObjective.Latency)]
    [InlineData(5, PlanObjective.Goodput)]
    public void Plan_ByTheLoad_IsForLatencyBelowTheKneeAndForGoodputAboveAndSaysSo(double rate, PlanObjective expected)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended") with { RequestsPerSecond = rate }, PlanObjective.Auto);
        var judge = new LastIsBest();
        var plan = new E2LlmPlanner(judge).Plan(request, CancellationToken.None);
        Assert.Equal(expected, plan.Objective);
        Assert.Equal(expected, judge.Asked);
        var said = PlanExplainer.Explain(request, plan).Findings;
        Assert.Contains(said, finding => finding.StartsWith($"objective {expected.ToString().ToLowerInvariant()}, by the load: {rate} requests/s arrive", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_SaysWhereTheOtherRolesWin()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency);
        var plan = new E2LlmPlanner().Plan(request, CancellationToken.None);
        string[] compared = ["the time to the last token", "the P90 of the time between tokens"];
        Assert.All(compared, what => Assert.Contains(plan.Reasons, reason => reason.StartsWith($"{what} is shorter with ", StringComparison.Ordinal)));
        Assert.Contains(plan.Reasons, reason => System.Text.RegularExpressions.Regex.IsMatch(
            reason, @"with (MIXED|PREFILL and DECODER) replicas (from [\d.]+ requests/s (up|down)|with prompts of \d+ tokens)"));
        Assert.Contains(plan.Reasons, reason => reason.StartsWith("predicted without roles (5 MIXED): last token after ", StringComparison.Ordinal));
    }

    private sealed class LastIsBest : IPlanJudge
    {
        public IReadOnlyList<ServingPlan> Seen { get; private set; } = [];

        public PlanObjective? Asked { get; private set; }

        public int Choose(PlanRequest request, IReadOnlyList<ServingPlan> candidates, CancellationToken cancellationToken)
        {
            (Seen, Asked) = (candidates, request.Objective);
            return candidates.Count - 1;
        }
    }
}
