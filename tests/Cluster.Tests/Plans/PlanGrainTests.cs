using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;

namespace E2LLM.Cluster.Tests.Plans;

public sealed class PlanGrainTests
{
    [Fact]
    public async Task Apply_FleetTooSmall_SaysHowManyBytesAreShort()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.Options([[Synthetic.Device("tiny", 20L << 20)]]));

        var error = await Assert.ThrowsAsync<PlanningException>(() => fog.Plan.ApplyAsync(fog.Fleet));

        Assert.Matches("[0-9,]+ bytes", error.Message);
        var status = await fog.Plan.GetStatusAsync();
        Assert.Equal((PlanPhase.Failed, error.Message), (status.Phase, status.Error));
    }

    [Fact]
    public async Task Apply_TheSameFleetAgain_ChangesNothing()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var first = await fog.Plan.GetStatusAsync();

        var second = await fog.Plan.ApplyAsync(fog.Fleet);

        Assert.Equal(first.Plan!.Generation, second.Plan!.Generation);
    }

    [Fact]
    public async Task Apply_AnotherFleet_ServesWithANewGenerationAndFreesTheOldStages()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var old = await fog.Plan.GetStatusAsync();
        var smaller = fog.Fleet with { Name = "smaller", Devices = [.. fog.Fleet.Devices.Take(2)] };

        var status = await fog.Plan.ApplyAsync(smaller);

        Assert.Equal(PlanPhase.Ready, status.Phase);
        Assert.True(status.Plan!.Generation > old.Plan!.Generation);
        var request = Synthetic.Request("moved");
        Assert.Equal(Synthetic.Expected(request), (await fog.RunAsync(request)).Tokens);
        Assert.All(await fog.StagesAsync(old.Plan), stage => Assert.False(stage.IsLoaded));
    }

    [Fact]
    public async Task Apply_DeviceWithoutSilo_FailsByName()
    {
        await using var fog = await TestFog.StartAsync(Synthetic.ThreeDevices());
        var ghost = fog.Fleet with { Devices = [.. fog.Fleet.Devices, Synthetic.Device("ghost")] };

        var error = await Assert.ThrowsAsync<DeviceUnavailableException>(() => fog.Plan.ApplyAsync(ghost));

        Assert.Contains("'ghost'", error.Message);
    }

    [Fact]
    public async Task Propose_ThenApply_ExplainsComparesAndServes()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var running = (await fog.Plan.GetStatusAsync()).Plan!;

        var proposal = await fog.Plan.ProposeAsync(new PlanWish { Planner = "single-pipeline", Objective = PlanObjective.Capacity });

        Assert.NotEmpty(proposal.Explanation);
        Assert.NotEmpty(proposal.Changes);
        Assert.Equal(running.Generation, (await fog.Plan.GetStatusAsync()).Plan!.Generation);

        var applied = await fog.Plan.ApplyPlanAsync(proposal.Plan.Generation);

        Assert.Equal("single-pipeline", applied.Plan!.Planner);
        Assert.True(applied.Plan.Generation > proposal.Plan.Generation);
        var request = Synthetic.Request("proposed");
        Assert.Equal(Synthetic.Expected(request), (await fog.RunAsync(request)).Tokens);
    }

    [Fact]
    public async Task ApplyPlan_OfAnEarlierGeneration_RollsBack()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());
        var first = (await fog.Plan.GetStatusAsync()).Plan!;
        await fog.Plan.ApplyPlanAsync((await fog.Plan.ProposeAsync(new PlanWish { Planner = "single-pipeline" })).Plan.Generation);

        var back = await fog.Plan.ApplyPlanAsync(first.Generation);

        Assert.Equal(first.Planner, back.Plan!.Planner);
        Assert.Equal(first.Replicas.SelectMany(replica => replica.Stages), back.Plan.Replicas.SelectMany(replica => replica.Stages));
        Assert.Equal(4, (await fog.Plan.GetPlansAsync()).Length);
    }

    [Fact]
    public async Task Propose_UnknownPlanner_ListsTheValidOnes()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => fog.Plan.ProposeAsync(new PlanWish { Planner = "magic" }));

        Assert.Contains("'magic'", error.Message);
        Assert.Contains("e2llm", error.Message);
    }

    [Fact]
    public async Task ApplyPlan_NotKept_LeavesTheServingPlanAlone()
    {
        await using var fog = await TestFog.ServeAsync(Synthetic.ThreeDevices());

        await Assert.ThrowsAsync<PlanningException>(() => fog.Plan.ApplyPlanAsync(999));

        Assert.Equal(PlanPhase.Ready, (await fog.Plan.GetStatusAsync()).Phase);
    }
}
