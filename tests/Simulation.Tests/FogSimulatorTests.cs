using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests;

public sealed class FogSimulatorTests
{
    private static readonly SimulationOptions Options = new();

    [Theory]
    [InlineData("single-pipeline")]
    [InlineData("colocated")]
    [InlineData("splitwise")]
    public void Run_OfALoneRequest_TakesWhatTheCostModelSaysOfAnEmptyReplica(string planner)
    {
        var request = Request(PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), Constant(512, 588, 0.001), PlanObjective.Wait));
        var plan = PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
        var result = new FogSimulator(request, plan, Options).Run([new SimulatedRequest(0, 512, 588)], CancellationToken.None);
        var only = Assert.Single(result.Requests);
        Assert.Equal(0, only.WaitSeconds);
        // Of the replica that reads, and of the one that writes, whichever the router took.
        Assert.Contains(plan.Replicas, replica => Near(replica.PrefillLatencySeconds, only.TimeToFirstTokenSeconds, 0.02));
        Assert.True(only.SecondsPerOutputToken > 0);
        Assert.InRange(only.EndSeconds, only.FirstTokenSeconds, double.MaxValue);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.7)]
    public void Run_OfOneDeviceThatServesOneRequestAtATime_WaitsAsAnMd1QueueDoes(double load)
    {
        var fleet = new FleetSpec
        {
            Name = "one",
            Devices = [FleetPresets.Get("paper-testbed").Devices.First(device => device.Id.StartsWith("mac-m2-max", StringComparison.Ordinal))],
        };
        var alone = Request(PresetRequests.Create(fleet, ModelShapes.Get("gpt-oss-20b"), Constant(100, 20, 1), PlanObjective.Capacity));
        alone = alone with { Engine = alone.Engine with { MaxSequences = 1 }, EngineChoices = [] };
        var plan = PlannerRegistry.Get("single-pipeline").Plan(alone, CancellationToken.None);
        var service = new FogSimulator(alone, plan, Options).Run([new SimulatedRequest(0, 100, 20)], CancellationToken.None).MeanEndToEndSeconds;

        var waited = Enumerable.Range(1, 5).Average(seed => new FogSimulator(alone, plan, Options).Run(
            WorkloadSampler.Draw(Constant(100, 20, load / service), 10_000, seed, maxTokens: 120), CancellationToken.None).MeanWaitSeconds);

        var expected = load * service / (2 * (1 - load));
        Assert.InRange(waited, 0.95 * expected, 1.05 * expected);
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(1, 0.7)]
    [InlineData(4, 0.7)]
    [InlineData(16, 0.85)]
    public void Run_OfAnswersOfExponentialLength_WaitsAsAnMmcQueueDoes(int slots, double load)
    {
        const int answerTokens = 300;
        var (request, plan) = UnlikeReplicas.OfSteps(slots, stepSeconds: 0.01);
        // The step that reads the prompt writes the first token.
        var service = answerTokens * 0.01;
        var workload = Constant(1, answerTokens, load * slots / service) with { OutputTokensScv = 1 };
        var waited = Enumerable.Range(1, 6).Average(seed => new FogSimulator(request, plan, Options).Run(
            WorkloadSampler.Draw(workload, 15_000, seed, maxTokens: 16_000), CancellationToken.None).MeanWaitSeconds);

        var expected = ErlangC(slots, load) * service / (slots * (1 - load));
        Assert.InRange(waited, 0.93 * expected, 1.07 * expected);
    }

    [Fact]
    public void Run_OfTheSameRequests_GivesTheSameTimes()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Wait);
        var plan = PlannerRegistry.Get("splitwise").Plan(request, CancellationToken.None);
        var requests = WorkloadSampler.Draw(request.Workload!, 100, seed: 3, request.Engine.MaxSequenceTokens);
        Assert.Equal(
            new FogSimulator(request, plan, Options).Run(requests, CancellationToken.None).Requests.AsEnumerable(),
            new FogSimulator(request, plan, Options).Run(requests, CancellationToken.None).Requests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(30)]
    public void Run_OfAnswersThatStopBeforeTheirLimit_EndsThemThere(int answerTokens)
    {
        foreach (var (request, plan) in new[] { UnlikeReplicas.Mixed(), UnlikeReplicas.Split() })
        {
            var stops = Run(new SimulatedRequest(0, 100, answerTokens) { LimitTokens = 400 });
            // Routed as if it were long, so perhaps elsewhere than one whose limit is what it writes.
            Assert.Equal(answerTokens, stops.AnswerTokens);
            Assert.InRange(stops.EndToEndSeconds, plan.Replicas.Min(replica => (answerTokens - 1) * replica.Stages[0].DecodeSeconds), 0.3 + answerTokens * 0.05);
            Assert.True(stops.EndToEndSeconds < Run(new SimulatedRequest(0, 100, 400)).EndToEndSeconds);

            Results.RequestTimes Run(SimulatedRequest one) =>
                Assert.Single(new FogSimulator(request, plan, Options).Run([one], CancellationToken.None).Requests);
        }
    }

    /// <summary>The share of requests that wait in M/M/c.</summary>
    private static double ErlangC(int servers, double load)
    {
        var blocked = 1.0; // Erlang B, by its recursion
        for (var server = 1; server <= servers; server++)
            blocked = load * servers * blocked / (server + load * servers * blocked);
        return blocked / (1 - load * (1 - blocked));
    }

    private static bool Near(double expected, double actual, double tolerance) => Math.Abs(actual - expected) <= tolerance * expected;

    private static WorkloadSpec Constant(double inputTokens, double outputTokens, double requestsPerSecond) => new()
    {
        Name = "constant",
        RequestsPerSecond = requestsPerSecond,
        MeanInputTokens = inputTokens,
        MeanOutputTokens = outputTokens,
        InputTokensScv = 0,
        OutputTokensScv = 0,
    };

    // Without windows, whose caches are priced otherwise.
    private static PlanRequest Request(PlanRequest request) => request with { Model = request.Model with { LayerWindowTokens = ImmutableArray<int>.Empty } };
}
