using E2LLM.Core.Requests;
using E2LLM.Core.Plans;
using E2LLM.Planning;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Tests.Churn;

public sealed class LivingFogTests
{
    private static readonly ChurnOptions Options = new();

    [Theory]
    [InlineData("colocated", 0.5)]
    [InlineData("splitwise", 1)]
    [InlineData("e2llm-paper", 0.4)]
    public void Run_WithoutEvents_GivesEachRequestTheTimesOfAFogThatStaysAsItIs(string planner, double intervalSeconds)
    {
        var workload = WorkloadPresets.Get("extended") with { RequestsPerSecond = 1 / intervalSeconds };
        var request = PresetRequests.Create(FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), workload, PlanObjective.Wait);
        var plan = PlannerRegistry.Get(planner).Plan(request, CancellationToken.None);
        var requests = WorkloadSampler.Draw(workload, 150, seed: 2, request.Engine.MaxSequenceTokens);
        Assert.Equal(
            new FogSimulator(request, plan, Options.Serving).Run(requests, CancellationToken.None).Requests.AsEnumerable(),
            new LivingFog(request, plan, [], Options).Run(requests, CancellationToken.None).Requests);
    }

    [Fact]
    public void Run_OfRandomLives_EndsEveryRequestWithItsTokensAndLosesNone()
    {
        var results = Fogs(1, 200).AsParallel().AsOrdered().Select(fog => (Fog: fog, Result: Run(fog))).ToArray();
        foreach (var (fog, result) in results)
        {
            // Tokens that came twice, or were missing, and ends that came twice would have ended the run.
            Assert.True(result.LostRequests.IsEmpty, $"seed {fog.Seed}: {string.Join(' ', result.LostRequests)} are lost");
            Assert.Equal(fog.Requests.Select(request => request.AnswerTokens), result.Requests.Select(request => request.AnswerTokens));
            foreach (var request in result.Requests)
            {
                Assert.InRange(request.FirstTokenSeconds, request.ArrivalSeconds, request.EndSeconds);
                Assert.InRange(request.WaitSeconds, 0, request.EndToEndSeconds + 1e-9);
                Assert.True(request.Replays > 0 || request.RecomputedTokens == 0 || request.PrefillReplica != request.DecodeReplica);
            }
        }

        // Else nothing was put to the test.
        Assert.True(results.Length > 120, $"{results.Length} fogs");
        Assert.True(results.Sum(run => run.Result.Requests.Sum(request => request.Replays)) > 200);
        Assert.True(results.Count(run => run.Result.SecondsWithoutRoute > 0) > 20);
        Assert.True(results.Count(run => run.Result.Requests.Any(request => request.KvBytes > 0 && request.Replays > 0)) > 5);
        Assert.True(results.Sum(run => run.Result.PlanChanges.Length) > 100);
    }

    [Fact]
    public void Run_OfTheSameLife_GivesTheSameResult() => Assert.All(Fogs(300, 10), fog =>
    {
        var (one, other) = (Run(fog), Run(fog));
        Assert.Equal(one.Requests.AsEnumerable(), other.Requests);
        Assert.Equal(one.PlanChanges.AsEnumerable(), other.PlanChanges);
        Assert.Equal((one.Events, one.SecondsWithoutRoute), (other.Events, other.SecondsWithoutRoute));
    });

    [Fact]
    public void Run_WhereTheOnlyDeviceLeaves_EndsRequestsAfterItHasComeBack()
    {
        var (request, plan) = UnlikeReplicas.OfSteps(concurrency: 4, stepSeconds: 0.01);
        SimulatedRequest[] requests = [new(0, 50, 300), new(2, 50, 100), new(10, 20, 100)];
        var result = Run(request, plan, requests, FleetEvent.Leaves("one", 1), FleetEvent.Joins("one", 21));

        Assert.Empty(result.LostRequests);
        // 99 of 300 tokens were there; prompt and they are read again. Until its silence is noticed it is asked in vain.
        Assert.InRange(result.Requests[0].Replays, 1, Options.MaxReplays - 1);
        Assert.Equal(50 + 99, result.Requests[0].RecomputedTokens);
        Assert.All(result.Requests, served => Assert.InRange(served.EndSeconds, 22, 40));
        Assert.All(result.Requests.Skip(1), served => Assert.True(served.TimeToFirstTokenSeconds > 10 && served.WaitSeconds > 10));
        // It is away 20 s, is tried again after pauses that double, and then loads for 1 s.
        Assert.InRange(result.SecondsWithoutRoute, 21, 37);
    }

    [Fact]
    public void Run_WhereTheOnlyDeviceStaysAway_LosesRequestsThatHaveWaitedLongEnough()
    {
        var (request, plan) = UnlikeReplicas.OfSteps(concurrency: 4, stepSeconds: 0.01);
        var result = Run(request, plan, [new(0, 50, 50), new(0, 50, 300), new(30, 50, 10)], FleetEvent.Leaves("one", 1));
        Assert.Equal([1, 2], result.LostRequests.AsEnumerable());
        Assert.Empty(result.PlanChanges);
        Assert.InRange(result.Requests[2].WaitSeconds, 120, 121);
    }

    [Fact]
    public void Run_WhereTheReplicaThatReadsIsGone_HasTheWriterReadWhatItHasNot()
    {
        var (request, plan) = UnlikeReplicas.Split();
        // A prompt of 8,000 tokens takes more than two seconds to read, and its decoder waits for it by then.
        var result = Run(request, plan, [new(0, 8_000, 100)], FleetEvent.Leaves("reader", 1));
        var only = Assert.Single(result.Requests);
        Assert.Equal("reader", only.PrefillReplica);
        Assert.NotEqual("reader", only.DecodeReplica);
        Assert.Equal((0, 8_000), (only.Replays, only.RecomputedTokens));
        Assert.True(only.FirstTokenSeconds > 1.9);
    }

    [Fact]
    public void Run_WhereTheReplicaThatWritesIsGone_GoesOnElsewhereWithTheAnswerSoFar()
    {
        var (request, plan) = UnlikeReplicas.Split();
        var writer = Assert.Single(Run(request, plan, [new(0, 1_000, 400)]).Requests).DecodeReplica;
        Assert.NotEqual("reader", writer);
        var only = Assert.Single(Run(request, plan, [new(0, 1_000, 400)], FleetEvent.Leaves(writer, 2)).Requests);
        Assert.NotEqual(writer, only.DecodeReplica);
        Assert.Equal(1, only.Replays);
        Assert.InRange(only.RecomputedTokens, 1_010, 1_399);
    }

    [Fact]
    public void Run_WhereADeviceSlowsDown_SendsFewerRequestsThere()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        SimulatedRequest[] requests = [.. Enumerable.Range(0, 300).Select(index => new SimulatedRequest(0.2 * index, 200, 100))];
        var (before, after) = (Run(request, plan, requests), Run(request, plan, requests, FleetEvent.Slows("fast", 20, 8)));
        Assert.True(ServedByFast(after) < 0.8 * ServedByFast(before), $"{ServedByFast(after)} after, {ServedByFast(before)} before");
        Assert.True(after.MeanEndToEndSeconds > before.MeanEndToEndSeconds);
        Assert.Empty(after.PlanChanges);

        static int ServedByFast(SimulationResult result) => result.Requests.Count(served => served is { ArrivalSeconds: > 25, DecodeReplica: "fast" });
    }

    [Fact]
    public void Run_WhereADeviceLeavesForGoodAndComesBack_TakesUpAPlanEachTimeAndKeepsWhatCanStay()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        var options = Options with { Planner = new Leftovers(plan), Fleet = new FleetTimes { LeaseSeconds = 1, AwaySeconds = 1 } };
        SimulatedRequest[] requests = [.. Enumerable.Range(0, 200).Select(index => new SimulatedRequest(0.4 * index, 200, 50))];
        var result = new LivingFog(request, plan, [FleetEvent.Leaves("fast", 20), FleetEvent.Joins("fast", 50)], options).Run(requests, CancellationToken.None);

        Assert.Empty(result.LostRequests);
        Assert.Equal(["fast left", "fast came"], result.PlanChanges.Select(change => change.Reason));
        Assert.Equal([(2, 2), (3, 2)], result.PlanChanges.Select(change => (change.Replicas, change.KeptReplicas)));
        Assert.InRange(result.PlanChanges[0].AtSeconds, 23, 25);
        Assert.InRange(result.PlanChanges[1].AtSeconds, 52, 53.5);
        // Nothing moves: it has its layers on its disc, and loads them in little more than the second that a start takes.
        Assert.All(result.PlanChanges, change => Assert.Equal(0, change.BytesMoved));
        Assert.Equal(0, result.PlanChanges[0].SecondsUntilServing);
        Assert.InRange(result.PlanChanges[1].SecondsUntilServing!.Value, 1.01, 1.1);
        Assert.DoesNotContain(result.Requests, served => served is { ArrivalSeconds: > 24 and < 50, DecodeReplica: "fast" });
        Assert.Contains(result.Requests, served => served.ArrivalSeconds > 55 && served.DecodeReplica.StartsWith("fast", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_WhereADeviceComesForTheFirstTime_BringsItTheWholeModel()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        var without = plan with { Replicas = [.. plan.Replicas.Where(replica => replica.Id != "slow")] };
        SimulatedRequest[] requests = [.. Enumerable.Range(0, 100).Select(index => new SimulatedRequest(0.4 * index, 200, 50))];
        var result = new LivingFog(request, without, [FleetEvent.Joins("slow", 5)], Options with { Planner = new Leftovers(plan) }).Run(requests, CancellationToken.None);
        var change = Assert.Single(result.PlanChanges);
        Assert.Equal(("slow came", 3, 2), (change.Reason, change.Replicas, change.KeptReplicas));
        // Eight layers, embedding and head, of a MiB each.
        Assert.Equal(10 << 20, change.BytesMoved);
        Assert.Equal(1 + (10 << 20) / 1.15e8, change.SecondsUntilServing!.Value, 6);
    }

    [Fact]
    public void Run_WhereNoPlanIsLeft_SaysSoAndGoesOnWithWhatRuns()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        var options = Options with { Planner = new Leftovers(plan with { Replicas = plan.Replicas[..1] }), Fleet = new FleetTimes { LeaseSeconds = 1, AwaySeconds = 1 } };
        SimulatedRequest[] requests = [.. Enumerable.Range(0, 60).Select(index => new SimulatedRequest(0.5 * index, 200, 50))];
        var result = new LivingFog(request, plan, [FleetEvent.Leaves(plan.Replicas[0].Id, 5)], options).Run(requests, CancellationToken.None);
        Assert.Empty(result.LostRequests);
        Assert.Empty(result.PlanChanges);
        var refusal = Assert.Single(result.PlanRefusals);
        Assert.Equal(("fast left", "Nothing is left."), (refusal.Reason, refusal.Message));
    }

    [Fact]
    public void Create_WithAnEventOfAnUnknownDevice_SaysWhich()
    {
        var (request, plan) = UnlikeReplicas.Mixed();
        Assert.Contains("nobody", Assert.Throws<ArgumentException>(() => new LivingFog(request, plan, [FleetEvent.Leaves("nobody", 1)], Options)).Message, StringComparison.Ordinal);
        Assert.Contains("'fast'", Assert.Throws<ArgumentException>(() => new LivingFog(request, plan, [FleetEvent.Joins("fast", 1)], Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_OfTokensThatComeTwiceOrTooEarly_Throws()
    {
        var request = Request();
        request.Append(0, 2, 1);
        Assert.Throws<InvalidOperationException>(() => request.Append(1, 1, 1));
        Assert.Throws<InvalidOperationException>(() => request.Append(3, 1, 1));
        Assert.Throws<InvalidOperationException>(() => request.End(FinishReason.Length, 1));
        request.Append(2, 1, 1);
        Request().End(FinishReason.Failed, 1);
        request = Request();
        request.Append(0, 3, 1);
        request.End(FinishReason.Length, 2);
        Assert.Throws<InvalidOperationException>(() => request.End(FinishReason.Length, 2));

        static FogRequest Request() => new(
            0, new GenerationRequest { Id = "0", ModelId = "m", PromptTokens = [1], MaxTokens = 3 },
            new RequestTimes { ArrivalSeconds = 0, PrefillReplica = "", DecodeReplica = "", PromptTokens = 1, AnswerTokens = 3 }, maxReplays: 1);
    }

    private static SimulationResult Run(PlanRequest request, ServingPlan plan, SimulatedRequest[] requests, params FleetEvent[] events) =>
        new LivingFog(request, plan, events, Options with { Planner = new Leftovers(plan) }).Run(requests, CancellationToken.None);

    private static SimulationResult Run(RandomFog fog) => new LivingFog(fog.Request, fog.Plan, fog.Events, fog.Options).Run(fog.Requests, CancellationToken.None);

    private static IEnumerable<RandomFog> Fogs(int firstSeed, int count) => Enumerable.Range(firstSeed, count).Select(RandomFog.Draw).OfType<RandomFog>();

    /// <summary>Plans with those replicas of a plan whose devices are there.</summary>
    private sealed class Leftovers(ServingPlan whole) : IPlanner
    {
        public string Name => "leftovers";

        public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken)
        {
            var left = whole with { Replicas = [.. whole.Replicas.Where(replica => replica.Stages.All(stage => request.Fleet.Find(stage.DeviceId) is not null))] };
            return left.Replicas.IsEmpty ? throw new Core.Errors.PlanningException("Nothing is left.") : left;
        }
    }
}
