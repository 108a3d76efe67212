using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;

namespace E2LLM.Simulation.Tests;

public sealed class SimulationJudgeTests
{
    private static readonly SimulationOptions Options = new();

    [Theory]
    [InlineData("paper-testbed", "extended", 0.5)]
    [InlineData("paper-testbed", "custom-extended", 2)]
    [InlineData("pi-and-jetson", "extended", 8)]
    public void E2Llm_WithTheJudge_EndsRequestsNoLaterThanAnyBaseline(string fleet, string workloadName, double intervalSeconds)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workloadName) with { RequestsPerSecond = 1 / intervalSeconds }, PlanObjective.Latency);
        var context = new PlanningContext(request, CancellationToken.None);
        var best = EndToEnd("e2llm");
        foreach (var name in new[] { "colocated", "splitwise", "single-pipeline", "e2llm-paper", "hexgen2", "parallax" })
            Assert.True(best <= EndToEnd(name) * 1.02, name);

        double EndToEnd(string planner) => TrialFigures.Of(
            request, ((ContextPlanner)PlannerRegistry.Get(planner, new SimulationJudge(Options))).Plan(context), Options, CancellationToken.None).EndToEndSeconds;
    }

    [Fact]
    public void Choose_OfTheSamePlans_IsTheSame()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency) with { EngineChoices = [] };
        ServingPlan[] plans = [.. new[] { "single-pipeline", "parallax", "colocated" }.Select(name => PlannerRegistry.Get(name).Plan(request, CancellationToken.None))];
        var judge = new SimulationJudge(Options);
        Assert.Equal(2, judge.Choose(request, plans, CancellationToken.None));
        Assert.Equal(0, judge.Choose(request, [plans[2], plans[0], plans[1]], CancellationToken.None));
    }

    [Fact]
    public void Choose_WithSharedTrials_LeavesNothingToSimulateOfThePlanThatItTakes()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency);
        ServingPlan[] plans = [.. new[] { "single-pipeline", "parallax", "colocated" }.Select(name => PlannerRegistry.Get(name).Plan(request, CancellationToken.None))];
        var trials = new PlanTrials(Options);
        var taken = plans[new SimulationJudge(trials).Choose(request, plans, CancellationToken.None)];
        var run = trials.Count;

        var figures = TrialFigures.Of(request, taken, trials, CancellationToken.None);
        // By another planner's name it is the same plan.
        Assert.Equal(figures, TrialFigures.Of(request, taken with { Planner = "another" }, trials, CancellationToken.None));
        Assert.Equal(run, trials.Count);

        Assert.Equal(figures, TrialFigures.Of(request, taken, Options, CancellationToken.None));
    }

    [Fact]
    public void Run_OfAPlanThatServesOtherwise_IsATrialOfItsOwn()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency);
        var plan = PlannerRegistry.Get("single-pipeline").Plan(request, CancellationToken.None);
        var fewer = plan with { Replicas = [.. plan.Replicas.Select(replica => replica with { DecodeConcurrency = 1 })] };
        var moved = plan with
        {
            Replicas = [.. plan.Replicas.Select(replica => replica with { Stages = [.. replica.Stages.Select(stage => stage with { DecodeSeconds = 2 * stage.DecodeSeconds })] })],
        };
        var trials = new PlanTrials(Options);
        foreach (var different in new[] { plan, fewer, moved })
            trials.Run(request, different, seed: 1, CancellationToken.None);
        Assert.Equal(3, trials.Count);
    }
}
