using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Scheduling.Protocols.HandOff;

namespace E2LLM.Cluster.Tests.HandOff;

public sealed class PlanRefusalTests
{
    private static readonly ReplicaPlan Prefill = new() { Id = "r0", Role = ReplicaRole.Prefill, Stages = [], Engine = new EngineSettings() };
    private static readonly ReplicaPlan Decoder = Prefill with { Id = "r1", Role = ReplicaRole.Decoder };

    [Fact]
    public void Check_PrefillWithoutDecoder_IsRefused() =>
        Assert.Contains("0 DECODER", Refusal(Plan(Prefill)));

    [Fact]
    public void Check_DifferentKvTypes_AreRefused() =>
        Assert.Contains("Q8_0", Refusal(Plan(Prefill, Decoder with { Engine = new EngineSettings { KvType = KvCacheType.Q8_0 } })));

    [Fact]
    public void Check_SlidingWindow_IsRefusedWithTheWindow()
    {
        var model = Synthetic.Model with { LayerWindowTokens = [0, 512, 0, 512, 0, 512, 0, 512] };

        var error = Assert.Throws<PlanningException>(() => KvRules.ThrowIfUnservable(Plan(Prefill, Decoder), model));

        Assert.Contains("512", error.Message);
        KvRules.ThrowIfUnservable(Plan(Prefill with { Role = ReplicaRole.Mixed }), model);
    }

    [Fact]
    public void Check_WindowThatClosesOnOneReplicaAlone_IsRefusedToo()
    {
        var model = Synthetic.Model with { LayerWindowTokens = [0, 512, 0, 512, 0, 512, 0, 512] };
        var wide = Plan(Prefill, Decoder with { Engine = new EngineSettings { MaxSequenceTokens = 256 } });

        Assert.Contains("512", Assert.Throws<PlanningException>(() => KvRules.ThrowIfUnservable(wide, model)).Message);
    }

    [Fact]
    public void Check_MixedReplicasOfOtherKvTypes_Serve() => KvRules.ThrowIfUnservable(
        Plan(
            Prefill with { Role = ReplicaRole.Mixed },
            Decoder with { Role = ReplicaRole.Mixed, Engine = new EngineSettings { KvType = KvCacheType.Q8_0 } }),
        Synthetic.Model);

    [Fact]
    public async Task Apply_EngineThatKeepsItsCachesToItself_IsRefusedWithTheReason()
    {
        await using var fog = await TestFog.StartAsync(SplitFog.Options(new ClosedEngines(Synthetic.Engines())));

        var error = await Assert.ThrowsAsync<EngineException>(() => fog.Plan.ApplyAsync(fog.Fleet));

        Assert.Contains("gives no KV caches out", error.Message);
        Assert.Equal(PlanPhase.Failed, (await fog.Plan.GetStatusAsync()).Phase);
    }

    [Fact]
    public async Task Run_PromptTooLongForBothReplicas_IsRejectedWithTheLimit()
    {
        await using var fog = await TestFog.ServeAsync(SplitFog.Options(serving: serving => serving.MaxSequenceTokens = 64));

        var answer = await fog.RunAsync(Synthetic.Request("long", promptTokens: 64));

        Assert.Equal(Core.Requests.FailedParty.Client, answer.Last.Failure!.Party);
        Assert.Contains("MaxSequenceTokens", answer.Last.Failure.Message);
    }

    private static ServingPlan Plan(params ReplicaPlan[] replicas) => new() { ModelId = "m", Planner = "test", Replicas = [.. replicas] };

    private static string Refusal(ServingPlan plan) =>
        Assert.Throws<PlanningException>(() => KvRules.ThrowIfUnservable(plan, Synthetic.Model)).Message;

    /// <summary>Engines without the port for KV caches.</summary>
    private sealed class ClosedEngines(IStageEngineFactory inner) : IStageEngineFactory
    {
        public async Task<IStageEngine> CreateAsync(StageEngineSpec spec, CancellationToken cancellationToken) =>
            new ClosedEngine(await inner.CreateAsync(spec, cancellationToken));
    }

    private sealed class ClosedEngine(IStageEngine inner) : IStageEngine
    {
        public StageEngineInfo Info => inner.Info;

        public StageEngineUsage Usage => inner.Usage;

        public Task<StageResult> ExecuteAsync(StageStep step, CancellationToken cancellationToken) => inner.ExecuteAsync(step, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
