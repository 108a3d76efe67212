using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Search;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests;

/// <summary>What holds for every planner of the registry.</summary>
public class PlannerBehaviourTests
{
    public static TheoryData<string> Names { get; } = [.. PlannerRegistry.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_PaperTestbed_IsValidAndSaysWhatItDoes(string name)
    {
        var request = Testbed(PlanObjective.Wait);
        var plan = PlannerRegistry.Get(name).Plan(request, CancellationToken.None);
        AssertValid(request, plan);
        Assert.Equal(name, plan.Planner);
        Assert.NotNull(plan.Prediction);
        Assert.True(plan.Prediction.CapacityRequestsPerSecond > 0 && plan.Prediction.TtftSeconds > 0 && plan.Prediction.TpotSeconds > 0);
        Assert.True(plan.Prediction.P90WaitSeconds >= 0);
        Assert.Equal(2, plan.Certificates.Length);
        Assert.All(plan.Certificates, certificate => Assert.True(certificate.GapPercent >= 0 && certificate.Bound > 0 || certificate.Objective == PlanObjective.Wait));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_SameSeed_SamePlanByteForByteOnAnyNumberOfThreads(string name)
    {
        var planner = (ContextPlanner)PlannerRegistry.Get(name);
        // Too large for enumeration, so that every search has its turn.
        var fleet = name == "exact" ? "paper-testbed" : "unlike-13";
        var devices = FleetPresets.Get(name == "exact" ? "paper-testbed" : "unlike-16").Devices;
        var request = PresetRequests.Create(
            FleetPresets.Get("unlike-16") with { Name = fleet, Devices = devices[..Math.Min(13, devices.Length)] },
            ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity, seed: 7);
        int[] threads = [1, 2, 7];
        var plans = threads.Select(count => planner.Plan(new PlanningContext(request with { MaxThreads = count }, CancellationToken.None)));
        Assert.Single(plans.Select(plan => JsonSerializer.Serialize(plan)).Distinct());
    }

    [Fact]
    public void Plan_ManyTypes_SamePlanOnAnyNumberOfThreads()
    {
        var fleet = FleetPresets.Get("campus-64");
        var request = PresetRequests.Create(
            fleet with { Devices = fleet.Devices[..24] }, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("azure-conv"), PlanObjective.Wait);
        var planner = (ContextPlanner)PlannerRegistry.Get("e2llm");
        int[] threads = [1, 5];
        Assert.Single(threads.Select(count => JsonSerializer.Serialize(planner.Plan(new PlanningContext(request with { MaxThreads = count }, CancellationToken.None)))).Distinct());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Plan_RandomFleets_IsValidOrRefused(string name)
    {
        var random = new Random(51);
        for (var instance = 0; instance < 60; instance++)
        {
            var request = RandomRequests.Next(random, maxDevices: 5, maxLayers: 6, uniform: instance % 2 == 0);
            try
            {
                AssertValid(request, PlannerRegistry.Get(name).Plan(request, CancellationToken.None));
            }
            catch (PlanningException error)
            {
                Assert.StartsWith("Nothing planned", error.Message);
            }
        }
    }

    [Theory]
    [InlineData(PlanObjective.Wait)]
    [InlineData(PlanObjective.Capacity)]
    public void Plan_AnyBaseline_IsNeverBetterThanExactNorThanE2Llm(PlanObjective objective)
    {
        var random = new Random(53);
        var compared = 0;
        for (var instance = 0; instance < 150; instance++)
        {
            var request = RandomRequests.Next(random, maxDevices: 5, maxLayers: 6, uniform: true) with { Objective = objective };
            var context = new PlanningContext(request, CancellationToken.None);
            var optimum = context.Optimum(objective).Figures;
            var found = ((ContextPlanner)PlannerRegistry.Get("e2llm")).Search(context);
            var ours = found.Count == 0 ? PlanFigures.Infeasible : context.Evaluator.Evaluate([.. found]);
            foreach (var baseline in PlannerRegistry.Baselines)
            {
                var groups = baseline.Search(context);
                if (groups.Count == 0)
                    continue;
                var figures = context.Evaluator.Evaluate([.. groups]);
                if (figures.CapacityPerSecond <= 0)
                    continue;
                compared++;
                AssertNoBetter(figures, ours, objective, baseline.Name);
                if (objective == PlanObjective.Capacity)
                    Assert.True(figures.CapacityPerSecond <= context.RelaxedCapacity, baseline.Name);
            }
            Assert.False(found.Count == 0 && optimum.CapacityPerSecond > 0);
        }
        Assert.InRange(compared, 300, 2000);
    }

    [Theory]
    [InlineData("paper-testbed", PlanObjective.Wait)]
    [InlineData("paper-testbed", PlanObjective.Capacity)]
    [InlineData("pi-and-jetson", PlanObjective.Wait)]
    [InlineData("pi-and-jetson", PlanObjective.Capacity)]
    [InlineData("unlike-16", PlanObjective.Wait)]
    [InlineData("unlike-16", PlanObjective.Capacity)]
    public void Plan_PresetFleet_NoBaselineIsBetterThanE2Llm(string fleet, PlanObjective objective)
    {
        var context = new PlanningContext(
            PresetRequests.Create(FleetPresets.Get(fleet), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective), CancellationToken.None);
        var ours = context.Evaluator.Evaluate([.. ((ContextPlanner)PlannerRegistry.Get("e2llm")).Search(context)]);
        foreach (var baseline in PlannerRegistry.Baselines)
            AssertNoBetter(context.Evaluator.Evaluate([.. baseline.Search(context)]), ours, objective, baseline.Name);
    }

    [Fact]
    public void Plan_LowRateOnALargeFleet_KeepsTheCapacityThatCostsNoWait()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("campus-64"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Wait);
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
        AssertValid(request, plan);
        Assert.InRange(plan.Prediction!.MeanWaitSeconds, 0, PlanFigures.WaitToleranceSeconds);
        Assert.InRange(plan.Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity).GapPercent, 0, 10);
    }

    [Fact]
    public void Plan_ForLatencyOnALargeFleet_KeepsTheCapacityThatCostsNobodyTime()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("types-256"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Latency);
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
        AssertValid(request, plan);
        Assert.InRange(plan.Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity).GapPercent, 0, 15);
    }

    [Theory]
    [InlineData(PlanObjective.Latency, "last token after")]
    [InlineData(PlanObjective.Wait, "would wait")]
    [InlineData(PlanObjective.Capacity, "capacity of")]
    [InlineData(PlanObjective.Goodput, "targets would hold up to")]
    public void Plan_DeviceLeftOut_IsExplainedInTermsOfTheObjective(PlanObjective objective, string expected)
    {
        var request = Fixtures.Request(Fixtures.Model(), (10_000, 0.001), (400, 1)) with { Objective = objective };
        var plan = PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
        Assert.Contains(expected, Assert.Single(plan.Unused).Reason);
    }

    [Fact]
    public void Plan_WithProgress_TellsEveryStepOfTheSearch()
    {
        var fleet = FleetPresets.Get("unlike-16");
        var request = PresetRequests.Create(
            fleet with { Devices = fleet.Devices[..11] }, ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);
        var steps = new Steps();
        ((ContextPlanner)PlannerRegistry.Get("e2llm")).Plan(new PlanningContext(request, CancellationToken.None, progress: steps));
        Assert.Contains("bounding the capacity", steps.Told);
        Assert.Contains("starting from e2llm-paper", steps.Told);
        Assert.Contains(steps.Told, step => step.StartsWith("improving start 1 of", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_Cancelled_Stops()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => PlannerRegistry.Get("e2llm").Plan(Testbed(PlanObjective.Wait), cancellation.Token));
    }

    private sealed class Steps : IProgress<string>
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _told = new();

        public IEnumerable<string> Told => _told;

        public void Report(string value) => _told.Enqueue(value);
    }

    [Fact]
    public void Plan_MinimumSpeedThatNobodyReaches_NamesTheKey()
    {
        var request = Testbed(PlanObjective.Wait) with { MinimumTokensPerSecond = 100_000 };
        var error = Assert.Throws<PlanningException>(() => PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None));
        Assert.Contains("minimumTokensPerSecond is 100000", error.Message);
    }

    [Fact]
    public void Plan_FleetTooSmall_SaysWhatIsShort()
    {
        var request = Fixtures.Request(Fixtures.Model(), (300, 1), (300, 1));
        foreach (var name in PlannerRegistry.Names)
            Assert.Contains("is 388 bytes short", Assert.Throws<PlanningException>(() => PlannerRegistry.Get(name).Plan(request, CancellationToken.None)).Message);
    }

    private static void AssertNoBetter(PlanFigures baseline, PlanFigures ours, PlanObjective objective, string name)
    {
        const double Rounding = 1e-9;
        var hasMore = baseline.CapacityPerSecond > ours.CapacityPerSecond * (1 + Rounding);
        if (objective == PlanObjective.Capacity)
            Assert.False(hasMore, $"{name} sustains {baseline.CapacityPerSecond}, e2llm {ours.CapacityPerSecond}");
        else
            Assert.False(
                baseline.MeanWaitSeconds < ours.MeanWaitSeconds - PlanFigures.WaitToleranceSeconds * (1 + Rounding)
                || hasMore && baseline.MeanWaitSeconds <= ours.MeanWaitSeconds,
                $"{name}: {baseline}, e2llm: {ours}");
    }

    private static PlanRequest Testbed(PlanObjective objective) => PresetRequests.Create(
        FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), objective);

    private static void AssertValid(PlanRequest request, ServingPlan plan)
    {
        var used = plan.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.DeviceId).ToList();
        Assert.Equal(used.Count, used.Distinct().Count());
        Assert.Equal(
            request.Fleet.Devices.Select(device => device.Id).Order(), used.Concat(plan.Unused.Select(device => device.DeviceId)).Order());
        // No request reaches a DECODER without a PREFILL, or leaves a PREFILL without a DECODER.
        Assert.Equal(
            plan.Replicas.Any(replica => replica.Role == ReplicaRole.Prefill), plan.Replicas.Any(replica => replica.Role == ReplicaRole.Decoder));
        foreach (var replica in plan.Replicas)
        {
            Assert.Contains(replica.Engine, request.EngineChoices.Add(request.Engine));
            Assert.True(replica.Role == ReplicaRole.Mixed || replica.Engine.KvType == request.Engine.KvType);
            Assert.InRange(replica.DecodeConcurrency, 0, replica.Engine.MaxSequences);
            var memory = new StageMemory(request.Model, replica.Engine);
            var first = 0;
            foreach (var stage in replica.Stages)
            {
                Assert.Equal(first, stage.FirstLayer);
                var bytes = memory.StageBytes(memory.Units.UnitAt(first), memory.Units.UnitAt(stage.EndLayer));
                Assert.InRange(bytes, 1, request.Fleet.Find(stage.DeviceId)!.MemoryBytes);
                Assert.Equal(bytes, stage.WeightBytes + stage.KvBytes + stage.ScratchBytes);
                first = stage.EndLayer;
            }
            Assert.Equal(request.Model.LayerCount, first);
        }
    }
}
