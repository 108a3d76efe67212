using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

public sealed class SimulationJudgeTests
{
    private static readonly SimulationOptions Options = new();

    private static readonly string[] Baselines = ["colocated", "splitwise", "single-pipeline", "e2llm-paper", "hexgen2", "parallax"];

    [Theory]
    [InlineData("paper-testbed", "extended", 0.5)]
    [InlineData("paper-testbed", "custom-extended", 2)]
    [InlineData("pi-and-jetson", "extended", 8)]
    public void E2Llm_WithTheJudge_EndsRequestsNoLaterThanAnyBaseline(string fleet, string workloadName, double intervalSeconds)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workloadName) with { RequestsPerSecond = 1 / intervalSeconds }, PlanObjective.Latency);
        var context = new PlanningContext(request, CancellationToken.None);
        var best = Figures("e2llm");
        foreach (var name in Baselines)
            Assert.True(best.EndToEndSeconds <= Figures(name).EndToEndSeconds * 1.02, name);

        TrialFigures Figures(string planner) => Trial(context, planner);
    }

    [Theory]
    [InlineData("paper-testbed", "extended", 0.3, PlanObjective.Goodput)]
    [InlineData("paper-testbed", "extended", 2, PlanObjective.Latency)]
    [InlineData("paper-testbed", "custom-extended", 1, PlanObjective.Auto)]
    [InlineData("pi-and-jetson", "extended", 4, PlanObjective.Auto)]
    public void E2Llm_WithTheJudge_IsDominatedByNoBaseline(string fleet, string workloadName, double intervalSeconds, PlanObjective objective)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workloadName) with { RequestsPerSecond = 1 / intervalSeconds }, objective);
        var context = new PlanningContext(request, CancellationToken.None);
        var ours = Trial(context, "e2llm");
        foreach (var name in Baselines)
            Assert.False(Trial(context, name).Dominates(ours), name);
    }

    [Fact]
    public void Choose_ByLatency_TakesWhatEndsSoonestOverTheHorizon()
    {
        var workload = new WorkloadSpec { Name = "answers", RequestsPerSecond = 3.6, MeanInputTokens = 20, MeanOutputTokens = 400, OutputTokensScv = 0 };
        var (request, fast, many) = UnlikeReplicas.FastOrMany();
        request = request with { Workload = workload, Objective = PlanObjective.Latency };
        ServingPlan[] plans = [fast, many];

        var judge = new SimulationJudge(Options);
        Assert.Equal(0, judge.Choose(request, plans, CancellationToken.None));
        Assert.Equal(1, judge.Choose(request with { Workload = workload with { HorizonRequests = 1000 } }, plans, CancellationToken.None));
    }

    [Fact]
    public void Choose_ByGoodput_TakesThePlanThatServesMoreInTime()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended") with { RequestsPerSecond = 4 }, PlanObjective.Goodput);
        ServingPlan[] plans = [.. new[] { "single-pipeline", "colocated" }.Select(name => PlannerRegistry.Get(name).Plan(request, CancellationToken.None))];
        // Five replicas of unlike speed miss the targets of whoever comes to the slow ones, at a rate that one pipeline of them all keeps up with.
        var kept = ShareInTime(request, plans[0], requestsPerSecond: 2);
        Assert.True(kept > request.Targets.Share && kept > 1.05 * ShareInTime(request, plans[1], requestsPerSecond: 2), $"{kept}");

        Assert.Equal(0, new SimulationJudge(Options).Choose(request, plans, CancellationToken.None));
        Assert.Equal(1, new SimulationJudge(Options).Choose(request, [plans[1], plans[0]], CancellationToken.None));
    }

    private static double ShareInTime(PlanRequest request, ServingPlan plan, double requestsPerSecond)
    {
        var drawn = WorkloadSampler.Draw(request.Workload! with { RequestsPerSecond = requestsPerSecond }, 400, 1, request.Engine.MaxSequenceTokens);
        var result = new FogSimulator(request, plan, Options).Run(drawn, CancellationToken.None);
        return (double)result.TimelyRequests(request.Targets) / result.Requests.Length;
    }

    [Fact]
    public void GoodputTrial_FindsTheRateUpToWhichTheTargetsHold()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Goodput);
        var plan = PlannerRegistry.Get("single-pipeline").Plan(request, CancellationToken.None);
        var rate = GoodputTrial.RequestsPerSecond(request, plan, new PlanTrials(Options), CancellationToken.None);
        Assert.True(GoodputTrial.IsMet(request, plan, rate, new PlanTrials(Options), CancellationToken.None));
        Assert.False(GoodputTrial.IsMet(request, plan, 1.15 * rate, new PlanTrials(Options), CancellationToken.None));
        var never = request with { Targets = new ServiceTargets { TtftSeconds = 1e-6 } };
        Assert.Equal(0, GoodputTrial.RequestsPerSecond(never, plan, new PlanTrials(Options), CancellationToken.None));
    }

    private static TrialFigures Trial(PlanningContext context, string planner) => TrialFigures.Of(
        context.Request, ((ContextPlanner)PlannerRegistry.Get(planner, new SimulationJudge(Options))).Plan(context), Options, CancellationToken.None);

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
