using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Explanation;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Costs;

/// <summary>What each replica's memory and the readers' speed make of the engine settings that a request leaves open.</summary>
public class EngineChoiceTests
{
    private const int RequestTokens = 10;

    // 4 layers: 400 bytes of weights, 4 bytes of KV a cell, scratch of 32 + 2 a cell, 4 bytes of logits.
    private const long FixedBytes = 400 + 32 + 4;

    private static readonly ImmutableArray<EngineSettings> Rungs = [.. new[] { 1, 2, 4, 8 }.Select(sequences => Rung(sequences))];

    [Fact]
    public void Plan_DevicesOfUnlikeMemory_EachReplicaHasTheSequencesThatItsMemoryHolds()
    {
        var plan = Plan(Request(Rungs, Bytes(8), Bytes(2), Bytes(5)));

        Assert.Equal([8, 2, 4], plan.Replicas.Select(replica => replica.DecodeConcurrency));
        Assert.Equal([8, 2, 4], plan.Replicas.Select(replica => replica.Engine.MaxSequences));
        Assert.Equal([320, 80, 160], plan.Replicas.Select(replica => replica.Stages.Single().KvBytes));
    }

    [Fact]
    public void Plan_CellsThatHoldNoMoreSequences_AreNotTaken()
    {
        var larger = Rung(8) with { KvCells = 100 };

        var plan = Plan(Request([larger, .. Rungs], Bytes(16)));

        Assert.Equal(Rung(8), plan.Replicas.Single().Engine);
    }

    [Theory]
    [InlineData(6, 8, KvCacheType.Q8_0)] // of 8 sequences f16 holds 4
    [InlineData(8, 8, KvCacheType.F16)] // both hold 8, and q8_0 would be faster
    [InlineData(4, 4, KvCacheType.F16)] // neither holds 8
    public void Plan_TwoKvTypes_TakesTheOtherOnlyForWantOfMemory(int memorySequences, int expectedSequences, KvCacheType expectedType)
    {
        var replica = Plan(BothTypes(memorySequences)).Replicas.Single();

        Assert.Equal((expectedSequences, expectedType), (replica.DecodeConcurrency, replica.Engine.KvType));
    }

    [Fact]
    public void Plan_TwoKvTypes_ReplicasThatHandCachesOverHaveTheRequestsOwn()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);

        var plan = PlannerRegistry.Get("splitwise").Plan(request, CancellationToken.None);

        Assert.Contains(plan.Replicas, replica => replica.Role == ReplicaRole.Decoder);
        Assert.All(plan.Replicas, replica => Assert.Equal(KvCacheType.F16, replica.Engine.KvType));
    }

    [Fact]
    public void Plan_Split_PrefillReplicasHoldPromptsWhoseCachesAreOnTheirWayAndNoMore()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity);
        request = request with
        {
            Fleet = request.Fleet with { Devices = [.. request.Fleet.Devices.Select(device => device with { MemoryBytes = 4 * device.MemoryBytes })] },
            Profiles = [.. request.Profiles.Select(profile => profile with { MemoryBytes = 4 * profile.MemoryBytes })],
        };

        var plan = PlannerRegistry.Get("splitwise").Plan(request, CancellationToken.None);

        var model = request.Model;
        var windowed = Enumerable.Range(0, model.LayerCount).Sum(layer =>
            (double)model.LayerKvBytesPerToken[layer] * (model.LayerWindowTokens[layer] > 0 ? Math.Min(model.LayerWindowTokens[layer], 576) : 576));
        var transferSeconds = windowed / request.Fleet.DefaultBandwidthBytesPerSecond;
        var prefills = plan.Replicas.Where(replica => replica.Role == ReplicaRole.Prefill).ToArray();
        Assert.NotEmpty(prefills);
        Assert.All(prefills, replica =>
        {
            var held = replica.RequestsPerSecond * (replica.PrefillLatencySeconds + 4 * transferSeconds);
            Assert.Equal(EngineLadder.Sequences.First(rung => rung >= held), replica.Engine.MaxSequences);
        });
    }

    [Fact]
    public void Explain_OtherKvType_SaysWhereAndWhy()
    {
        var request = BothTypes(6);

        var findings = PlanExplainer.Explain(request, Plan(request)).Findings;

        Assert.Contains("r0 keeps its KV cache in q8_0: 8 sequences at once, where its memory holds 4 in f16; its answers may differ from those of f16", findings);
        request = request with { Profiles = [request.Profiles[0] with { DecodeByKvType = [] }] };
        Assert.Contains(PlanExplainer.OtherKvTypes(request, Plan(request)), note => note.EndsWith("because they were not measured in q8_0", StringComparison.Ordinal));
    }

    [Fact]
    public void Plan_MinimumSpeed_LimitsSequencesThatMemoryWouldHold()
    {
        var request = Request(Rungs, Bytes(8));
        var free = Plan(request).Replicas.Single();

        var limited = Plan(request with { MinimumTokensPerSecond = 1.5 / free.TokenSeconds }).Replicas.Single();

        Assert.Equal(8, free.DecodeConcurrency);
        Assert.InRange(limited.DecodeConcurrency, 1, 7);
        Assert.True(1 / limited.TokenSeconds >= 1.5 / free.TokenSeconds);
        Assert.True(limited.Engine.MaxSequences < 8 || limited.DecodeConcurrency > 4, "more cells than its sequences need");
    }

    [Theory]
    [InlineData("extended", 2.5)]
    [InlineData("custom-extended", 1.6)]
    public void Plan_PaperTestbed_SustainsSeveralTimesWhatSixteenSequencesDo(string workload, double times)
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get(workload), PlanObjective.Capacity);

        var fixedPlan = Plan(request with { EngineChoices = [] });
        var plan = Plan(request);

        Assert.True(plan.Prediction!.CapacityRequestsPerSecond > times * fixedPlan.Prediction!.CapacityRequestsPerSecond);
        Assert.Equal(0, plan.Certificates.Single(certificate => certificate.Objective == PlanObjective.Capacity).GapPercent);
    }

    [Fact]
    public void Plan_ChoiceThatDiffersElsewhere_IsRefused()
    {
        var error = Assert.Throws<PlanningException>(() => Plan(Request([Rung(2) with { MaxStepTokens = 7 }], Bytes(8))));

        Assert.Contains("engineChoices[0]", error.Message);
        Assert.Contains("alike to engine but for kvCells, maxSequences and kvType", error.Message);
    }

    [Fact]
    public void Ladder_Rungs_HoldOneOfTheLongestAndAreWithinAStep()
    {
        var engine = new EngineSettings { MaxStepTokens = 32, MaxSequenceTokens = 100 };

        var rungs = EngineLadder.Of(engine, cellsPerSequence: 10, fixesSequences: false, fixesKvType: true);

        Assert.Equal([(4, 100), (8, 100), (16, 160), (32, 320)], rungs.Select(rung => (rung.MaxSequences, rung.KvCells)));
        Assert.All(rungs, rung => Assert.Equal(engine.KvType, rung.KvType));
        Assert.Equal([KvCacheType.F16, KvCacheType.Q8_0], EngineLadder.Of(engine, 10, fixesSequences: true, fixesKvType: false).Select(rung => rung.KvType));
    }

    private static EngineSettings Rung(int sequences) =>
        new() { KvCells = sequences * RequestTokens, MaxSequences = sequences, MaxStepTokens = 1, MaxSequenceTokens = RequestTokens };

    private static long Bytes(int sequences) => FixedBytes + sequences * RequestTokens * (4 + 2);

    /// <summary>One device that holds so many sequences in F16: 128 bytes of KV a cell, 68 in Q8_0, whose steps are faster.</summary>
    private static PlanRequest BothTypes(int sequences)
    {
        var request = Request([.. Rungs, .. Rungs.Select(rung => rung with { KvType = KvCacheType.Q8_0 })], FixedBytes + sequences * RequestTokens * (128 + 2));
        var faster = request.Profiles[0].Decode.Select(point => point with { SecondsPerLayer = 0.9 * point.SecondsPerLayer });
        return request with
        {
            Model = request.Model with { LayerKvBytesPerToken = [.. request.Model.LayerKvBytesPerToken.Select(_ => 32L)] },
            Profiles = [request.Profiles[0] with { DecodeByKvType = [new KvTypeDecode(KvCacheType.Q8_0, [.. faster])] }],
        };
    }

    private static PlanRequest Request(ImmutableArray<EngineSettings> choices, params long[] memoryBytes)
    {
        var request = Fixtures.Request(Fixtures.Model(layers: 4), [.. memoryBytes.Select(bytes => (bytes, 1.0))]);
        return request with
        {
            // A step of eight takes twice as long as one.
            Profiles = [.. request.Profiles.Select(profile => profile with { Decode = [new DecodePoint(1, 1, 1), new DecodePoint(8, 1, 2)] })],
            // Over such links nobody works together.
            Fleet = request.Fleet with { DefaultLatencySeconds = 1000 },
            Engine = Rung(1),
            EngineChoices = choices,
            Objective = PlanObjective.Capacity,
            Workload = new WorkloadSpec { Name = "even", RequestsPerSecond = 0.01, MeanInputTokens = 2, MeanOutputTokens = 8 },
        };
    }

    private static ServingPlan Plan(PlanRequest request) => PlannerRegistry.Get("e2llm").Plan(request, CancellationToken.None);
}
