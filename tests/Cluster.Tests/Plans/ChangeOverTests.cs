using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Plans;

/// <summary>From one plan to another: what is not to be is not touched, and what both have stays.</summary>
public sealed class ChangeOverTests
{
    private readonly ReplicaCalls _calls = new();
    private readonly ChangingPlanner _planner = new() { Current = TwoMixed };

    private static SplitPlanner TwoMixed { get; } = new(
        (ReplicaRole.Mixed, [("a", 4), ("b", 4)]), (ReplicaRole.Mixed, [("c", 4), ("d", 4)]));

    [Fact]
    public async Task Apply_FleetThatCannotHoldTheModel_LeavesTheOldPlanServing()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices(Engines()));
        var before = await fog.Plan.GetStatusAsync();
        var running = fog.RunAsync(Synthetic.Request("running", maxTokens: 200));

        var error = await Assert.ThrowsAsync<PlanningException>(
            () => fog.Plan.ApplyAsync(fog.Fleet with { Name = "tiny", Devices = [fog.Fleet.Devices[0]] }));

        var after = await fog.Plan.GetStatusAsync();
        Assert.Equal((PlanPhase.Ready, error.Message, "test"), (after.Phase, after.Error, after.Fleet!.Name));
        Assert.Equal((before.Plan!.Generation, 3), (after.Plan!.Generation, after.Profiles.Length));
        Assert.Equal(0, (await running).Last.Timeline!.Replays);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
        Assert.NotEmpty((await fog.Plan.ProposeAsync(new PlanWish())).Explanation);
    }

    [Fact]
    public async Task Apply_DeviceThatDoesNotProfile_LeavesTheOldPlanServing()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        await Assert.ThrowsAsync<DeviceUnavailableException>(
            () => fog.Plan.ApplyAsync(fog.Fleet with { Devices = [.. fog.Fleet.Devices, Synthetic.Device("ghost")] }));

        Assert.Equal(PlanPhase.Ready, (await fog.Plan.GetStatusAsync()).Phase);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
    }

    [Fact]
    public async Task Apply_PlanWithTheSameReplicas_EndsNoRequestAndLoadsNothing()
    {
        await using var fog = await ServeAsync();
        var before = await fog.Plan.GetStatusAsync();
        var running = await RunningAsync(fog);

        var after = await fog.Plan.ApplyPlanAsync(before.Plan!.Generation);

        Assert.Equal(before.Plan.Generation + 1, after.Plan!.Generation);
        Assert.Equal(before.ReplicaKeys.AsEnumerable(), after.ReplicaKeys);
        Assert.All(await Task.WhenAll(running), answer => Assert.Equal(0, answer.Last.Timeline!.Replays));
        Assert.All(after.ReplicaKeys, key => Assert.Equal(1, _calls.Starts(key)));
    }

    [Fact]
    public async Task Apply_OneReplicaIsCutAnew_TheOtherServesOnAndTheNewOneLoads()
    {
        await using var fog = await ServeAsync();
        var before = await fog.Plan.GetStatusAsync();
        var running = await RunningAsync(fog);
        _planner.Current = new SplitPlanner((ReplicaRole.Mixed, [("c", 4), ("d", 4)]), (ReplicaRole.Mixed, [("a", 3), ("b", 5)]));

        var after = await fog.Plan.ApplyAsync(fog.Fleet with { Name = "again" });

        Assert.Equal(before.ReplicaKeys[1], after.ReplicaKeys[0]);
        Assert.StartsWith($"a/{fog.ModelId}/{after.Plan!.Generation}/", after.ReplicaKeys[1]);
        // The one that had to go could finish what it had.
        var answers = await Task.WhenAll(running);
        Assert.All(answers, answer => Assert.Equal(0, answer.Last.Timeline!.Replays));
        Assert.All(await fog.StagesAsync(), stage => Assert.True(stage.IsLoaded));
        await Leftovers.AssertNothingButPrefixesAsync(fog);
    }

    [Fact]
    public async Task Apply_OneReplicaDoesNotLoad_TheOtherServesAndTheStatusSaysWhy()
    {
        var isBroken = true;
        var engines = new BrokenEngines(Engines(), spec => Volatile.Read(ref isBroken) && spec.Device.Id == "b");
        await using var fog = await ServeAsync(engines);

        var status = await fog.Plan.GetStatusAsync();
        Assert.Equal((PlanPhase.Ready, false, true), (status.Phase, status.Replicas[0].IsServing, status.Replicas[1].IsServing));
        Assert.Contains("the engine of device b", status.Error);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));

        Volatile.Write(ref isBroken, false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(status = await fog.Plan.GetStatusAsync()).Replicas[0].IsServing)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal("", status.Error);
    }

    [Fact]
    public async Task Apply_AModelThatNoStageCanServe_IsSaidToBeAtFaultUntilAReplicaStarts()
    {
        var isBroken = true;
        var engines = new BrokenEngines(Engines(), _ => Volatile.Read(ref isBroken), message => new ModelFileException(message));
        await using var fog = await TestFog.StartAsync(Options(engines));

        var error = await Assert.ThrowsAsync<ModelFileException>(() => fog.Plan.ApplyAsync(fog.Fleet));

        var status = await fog.Plan.GetStatusAsync();
        Assert.Contains("the test broke the engine of device", status.ModelFault);
        Assert.False(error.MayRetry);

        Volatile.Write(ref isBroken, false);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((status = await fog.Plan.GetStatusAsync()).Phase != PlanPhase.Ready)
            limit.Token.ThrowIfCancellationRequested();
        Assert.Equal("", status.ModelFault);
    }

    [Fact]
    public async Task Apply_AnEngineThatFails_IsNoFaultOfTheModel()
    {
        await using var fog = await TestFog.StartAsync(Options(new BrokenEngines(Engines(), _ => true)));

        await Assert.ThrowsAsync<EngineException>(() => fog.Plan.ApplyAsync(fog.Fleet));

        Assert.Equal("", (await fog.Plan.GetStatusAsync()).ModelFault);
    }

    [Fact]
    public async Task Apply_StageThatNoPlanNames_IsUnloaded()
    {
        await using var fog = await TestFog.StartAsync(Options(Engines()));
        var orphan = fog.Client.GetGrain<IStageGrain>(DeviceKey.Stage("a", fog.ModelId, 0, "lost", 0));
        await orphan.LoadAsync(fog.FirstStage("lost", generation: 0, epoch: 0, leaseSeconds: 600));

        await fog.Plan.ApplyAsync(fog.Fleet);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await orphan.GetStatusAsync()).IsLoaded)
            limit.Token.ThrowIfCancellationRequested();
        Assert.All(await fog.StagesAsync(), stage => Assert.True(stage.IsLoaded));
    }

    [Fact]
    public async Task Deactivate_ThePlansGrain_ItComesBackWithItsReplicasAndStartsNone()
    {
        await using var fog = await ServeAsync();
        var before = await fog.Plan.GetStatusAsync();

        await fog.Plan.Cast<Orleans.Core.Internal.IGrainManagementExtension>().DeactivateOnIdle();

        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
        var after = await fog.Plan.GetStatusAsync();
        Assert.Equal(before.Plan!.Generation, after.Plan!.Generation);
        Assert.Equal(before.ReplicaKeys.AsEnumerable(), after.ReplicaKeys);
        Assert.All(after.ReplicaKeys, key => Assert.Equal(1, _calls.Starts(key)));
        Assert.True((await fog.Plan.ProposeAsync(new PlanWish())).Plan.Generation > before.Plan.Generation);
    }

    /// <summary>Eight long answers, all of which have begun.</summary>
    private static async Task<Task<Answer>[]> RunningAsync(TestFog fog)
    {
        var running = Enumerable.Range(0, 8).Select(index => fog.RunAsync(Synthetic.Request($"s{index}", 20, 400, (uint)index))).ToArray();
        while ((await fog.ReplicasAsync()).Sum(replica => replica.RunningRequests) < running.Length)
            Assert.DoesNotContain(running, answer => answer.IsCompleted);
        return running;
    }

    private Task<TestFog> ServeAsync(IStageEngineFactory? engines = null) => TestFog.ServeAsync(Options(engines ?? Engines()));

    private TestFogOptions Options(IStageEngineFactory engines) => Synthetic.Options(
        [[Synthetic.Device("a"), Synthetic.Device("c")], [Synthetic.Device("b"), Synthetic.Device("d")]], engines) with
    {
        Planner = _planner,
        Silo = silo => silo.AddIncomingGrainCallFilter(_calls),
    };

    /// <summary>A millisecond a step: answers are under way when the plan changes.</summary>
    private static SyntheticStageEngineFactory Engines() => Synthetic.Engines(new SyntheticTiming { CallSeconds = 1e-3 });
}
