using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Experiments;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Sources;

namespace E2LLM.Simulation.Tests.Experiments;

public sealed class ExperimentTests
{
    [Fact]
    public void Run_SameSeeds_GivesTheSameBytesOnOneThreadAndOnTwo() => Assert.Equal(
        Bytes(new Experiment(Spec() with { MaxThreads = 1 }).Run(CancellationToken.None)),
        Bytes(new Experiment(Spec() with { MaxThreads = 2 }).Run(CancellationToken.None)));

    [Fact]
    public void Run_RatesAndPlanners_GivesACellForEachInTheirOrderWithARunForEachSeed()
    {
        var cells = Run(Spec());

        Assert.Equal([(0.5, "colocated"), (0.5, "splitwise"), (2.0, "colocated"), (2.0, "splitwise")], cells.Select(cell => (cell.RequestsPerSecond, cell.Planner)));
        Assert.All(cells, cell => Assert.Equal(3, cell.Runs.Length));
        Assert.All(cells, cell => Assert.All(cell.Runs, run => Assert.Equal(40, run.Requests.Length)));
        Assert.All(cells, cell => Assert.Equal(cell.RequestsPerSecond, cell.Request.Workload!.RequestsPerSecond));
    }

    [Fact]
    public void Run_TwoPlanners_MeetTheSameRequestsAndOtherSeedsOthers()
    {
        var cells = Run(Spec());

        Assert.Equal(Asked(cells[0], 0), Asked(cells[1], 0));
        Assert.NotEqual(Asked(cells[0], 0), Asked(cells[0], 1));

        static IEnumerable<(double, int, int)> Asked(ExperimentCell cell, int run) =>
            cell.Runs[run].Requests.Select(request => (request.ArrivalSeconds, request.PromptTokens, request.AnswerTokens));
    }

    [Fact]
    public void Run_PlannersWithoutAPolicyAskedFor_HaveTheirOwn()
    {
        Assert.Equal(RoutingPolicies.SplitwiseMixedPool, Run(Spec())[1].RoutingPolicy);
        Assert.All(Run(Spec() with { RoutingPolicy = RoutingPolicies.RoundRobin }), cell => Assert.Equal(RoutingPolicies.RoundRobin, cell.RoutingPolicy));
    }

    [Fact]
    public void Run_PlannerWithSeveralPolicies_TakesTheOneThatEndsRequestsSoonestInOtherDraws()
    {
        var spec = Spec() with { Planners = ["colocated"], Rates = [2] };

        var settled = Assert.Single(Run(spec)).RoutingPolicy;

        var seconds = PlannerPolicies.CandidatesOf("colocated").ToDictionary(
            policy => policy, policy => Run(spec with { RoutingPolicy = policy, FirstSeed = 1 })[0].Figures![Latency.EndToEnd].Mean.Mean);
        Assert.True(seconds.Values.Distinct().Count() > 1);
        Assert.Equal(seconds.MinBy(policy => policy.Value).Key, settled);
    }

    [Fact]
    public void Run_PlannerThatFindsNothing_SaysWhyBesideTheOthers()
    {
        var spec = Spec() with { Planners = ["exact", "colocated"], Rates = [1] };
        // Too many devices to enumerate.
        spec = spec with { Request = PresetRequests.Create(FleetPresets.Get("unlike-16"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity) };

        var cells = Run(spec);

        Assert.Equal((true, true, 0), (cells[0].Plan is null, cells[0].Refusal is { Length: > 0 }, cells[0].Runs.Length));
        Assert.Equal((true, 3), (cells[1].Figures is not null, cells[1].Runs.Length));
    }

    [Fact]
    public void Run_RequestsBeyondTheSequences_AreCutAndCounted()
    {
        var trace = new ReplayedTrace([.. Enumerable.Range(0, 30).Select(index => new TraceRequest(index, index == 1 ? 30_000 : 100, 100))], "t", "t.csv");

        var cell = Run(Spec() with { Source = trace, Requests = 30, Seeds = 1, Rates = [trace.Workload.RequestsPerSecond] })[0];

        Assert.Equal(1, cell.CutRequests);
        Assert.Equal((cell.MaxTokens - 1, 1), (cell.Runs[0].Requests[1].PromptTokens, cell.Runs[0].Requests[1].AnswerTokens));
    }

    [Fact]
    public void Figures_OfACell_AreThoseOfItsRuns()
    {
        var cell = Run(Spec())[2];
        var figures = cell.Figures!;

        Assert.Equal(cell.Runs.Average(run => run.MeanWaitSeconds), figures[Latency.Wait].Mean.Mean, 1e-12);
        Assert.Equal(cell.Runs.Average(run => run.MeanTpotSeconds), figures[Latency.Tpot].Mean.Mean, 1e-12);
        Assert.Equal(cell.Runs.Average(run => run.Percentile(request => request.EndToEndSeconds, 0.9)), figures[Latency.EndToEnd].P90.Mean, 1e-12);
        Assert.Equal(cell.Runs.Average(run => run.Requests.Count(request => request.Meets(cell.Request.Targets)) / run.DurationSeconds), figures.GoodputRequestsPerSecond.Mean, 1e-12);
        Assert.Equal(cell.Plan!.Replicas.Sum(replica => replica.Stages.Length), figures.BusyShares.Count);
        Assert.All(figures.BusyShares.Values, share => Assert.InRange(share, 0, 1));
        Assert.True(figures[Latency.Wait].Mean.HalfWidth > 0);
    }

    [Fact]
    public void KvBytes_OfPlansThatHandOn_AreThoseOfTheirPrompts()
    {
        var cell = Run(Spec())[1];
        var model = cell.Request.Model;

        Assert.Contains(cell.Plan!.Replicas, replica => replica.Role == ReplicaRole.Prefill);
        Assert.Contains(cell.Runs[0].Requests, request => request.KvBytes > 0);
        Assert.All(cell.Runs[0].Requests.Where(request => request.KvBytes > 0), request => Assert.Equal((double)request.PromptTokens * model.KvBytesPerToken(0, model.LayerCount), request.KvBytes, 1e-3));
        Assert.Equal(0, Run(Spec())[0].Figures!.KvBytes.Mean);
    }

    [Fact]
    public void Create_UnknownPlanner_IsRefused() => Assert.Throws<ConfigurationException>(() => new Experiment(Spec() with { Planners = ["nobody"] }));

    [Fact]
    public void Create_SeveralSeedsOfATraceThatIsReplayed_IsRefused() =>
        Assert.Throws<ArgumentException>(() => new Experiment(Spec() with { Source = new ReplayedTrace([new(0, 5, 5), new(1, 5, 5)], "t", "t.csv"), Requests = 2 }));

    private static ExperimentSpec Spec() => new()
    {
        Request = PresetRequests.Create(FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity),
        Source = new DrawnRequests(WorkloadPresets.Get("extended")),
        Planners = ["colocated", "splitwise"],
        Rates = [0.5, 2],
        Requests = 40,
        Seeds = 3,
    };

    private static ExperimentCell[] Run(ExperimentSpec spec) => [.. new Experiment(spec).Run(CancellationToken.None)];

    private static string Bytes(IEnumerable<ExperimentCell> cells) => JsonSerializer.Serialize(cells.Select(cell => new { cell.Planner, cell.RequestsPerSecond, cell.Runs, cell.Figures }));
}
