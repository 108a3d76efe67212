using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Errors;
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
}
