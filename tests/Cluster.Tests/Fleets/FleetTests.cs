using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Cluster.Tests.Fleets;

/// <summary>Silos join a fleet and leave it, and the plan follows by itself.</summary>
public sealed class FleetTests
{
    private static readonly FleetTimes Times = new() { LeaseSeconds = 1, AwaySeconds = 0.5, SettleSeconds = 0.2 };

    [Fact]
    public async Task Join_OfAFurtherSiloWhileTextStreams_IsPlannedInWithoutAPause()
    {
        // A replica takes two of them, and the third waits for a fourth.
        await using var fog = await StartAsync("abcd", late: 1, planner: new PairPlanner());
        var before = await ServingAsync(fog, replicas: 1);
        var request = Synthetic.Request("running", maxTokens: 300);
        var running = fog.RunAsync(request);

        await fog.StartSiloAsync();
        var after = await ServingAsync(fog, replicas: 2);

        Assert.Contains(before.ReplicaKeys[0], after.ReplicaKeys);
        Assert.Equal(["a", "b", "c", "d"], after.Fleet!.Devices.Select(device => device.Id));
        var answer = await running;
        SplitFog.AssertExact(request, answer);
        Assert.Equal(0, answer.Last.Timeline!.Replays);
    }

    [Fact]
    public async Task Drain_OfADeviceInUse_MovesItsWorkAndSaysWhenItHoldsNothing()
    {
        await using var fog = await StartAsync("abc");
        var before = await ServingAsync(fog, replicas: 1);
        var leaving = before.Plan!.Replicas[0].Stages[0].DeviceId;
        var request = Synthetic.Request("running", maxTokens: 300);
        var running = fog.RunAsync(request);

        await Fleet(fog).OrderAsync(leaving, DeviceOrder.Drain);

        await fog.FleetAsync(status => StateOf(status, leaving) == DeviceState.Drained);
        SplitFog.AssertExact(request, await running);
        var after = await ServingAsync(fog, replicas: 1);
        Assert.DoesNotContain(after.Plan!.Replicas[0].Stages, stage => stage.DeviceId == leaving);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));

        await Fleet(fog).OrderAsync(leaving, DeviceOrder.None);
        await fog.FleetAsync(status => StateOf(status, leaving) == DeviceState.Offered && status.Fleet!.Devices.Length == 3);
    }

    [Fact]
    public async Task Kill_OfASiloInUse_IsPlannedAroundAndItsReturnIsNoGhost()
    {
        await using var fog = await StartAsync("abcd", late: 1);
        var before = await ServingAsync(fog, replicas: 1);
        var lost = before.Plan!.Replicas[0].Stages[1].DeviceId;
        await fog.KillSiloAsync(lost[0] - 'a');

        // Where the fleet's records lay in the memory of the silo that was killed, nobody knows the device any more.
        await fog.FleetAsync(status => StateOf(status, lost) is DeviceState.Away or null);
        var after = await fog.PlannedAsync(status => status.Phase == PlanPhase.Ready && status.Fleet!.Find(lost) is null);

        Assert.DoesNotContain(after.Plan!.Replicas.SelectMany(replica => replica.Stages), stage => stage.DeviceId == lost);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
        await fog.StartSiloAsync();
        await ServingAsync(fog, replicas: 1);
        await fog.FleetAsync(status => status.Fleet!.Devices.Length == 3 && status.Fleet.Find(lost) is null);
    }

    [Fact]
    public async Task Pause_OfAllDevices_StopsServingAndResumeBringsItBack()
    {
        await using var fog = await StartAsync("ab");
        await ServingAsync(fog, replicas: 1);

        await Fleet(fog).OrderAsync("a", DeviceOrder.Pause);
        await Fleet(fog).OrderAsync("b", DeviceOrder.Pause);
        await fog.PlannedAsync(status => status.Phase is PlanPhase.Stopped);

        await Fleet(fog).OrderAsync("a", DeviceOrder.None);
        await Fleet(fog).OrderAsync("b", DeviceOrder.None);
        await ServingAsync(fog, replicas: 1);
        SplitFog.AssertExact(Synthetic.Request("then"), await fog.RunAsync(Synthetic.Request("then")));
    }

    [Fact]
    public async Task Order_OfADeviceThatNobodyHosts_NamesThoseThatThereAre()
    {
        await using var fog = await StartAsync("ab");
        await ServingAsync(fog, replicas: 1);

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => Fleet(fog).OrderAsync("x", DeviceOrder.Drain));

        Assert.Equal("No silo hosts device 'x' for model 'synthetic'. There are: a, b.", error.Message);
    }

    [Fact]
    public async Task Join_WhereNoFileDeclaresTheNetwork_MeasuresItAndMovesNothing()
    {
        await using var fog = await StartAsync("abc");
        var before = await ServingAsync(fog, replicas: 1);

        var status = await fog.FleetAsync(status => status.Fleet is { DefaultLatencySeconds: > 0 });

        Assert.InRange(status.Fleet!.DefaultBandwidthBytesPerSecond, 1e6, 1e12);
        var after = await fog.PlannedAsync(plan => plan.Phase == PlanPhase.Ready && plan.Fleet!.DefaultLatencySeconds > 0);
        Assert.Equal(before.Plan!.Replicas.Length, after.Plan!.Replicas.Length);
    }

    [Fact]
    public async Task Leave_OfASiloThatStops_IsKnownAtOnce()
    {
        await using var fog = await StartAsync("abc", times: Times with { LeaseSeconds = 60, AwaySeconds = 60 });
        await ServingAsync(fog, replicas: 1);
        await fog.FleetAsync(status => StateOf(status, "c") == DeviceState.Offered);

        await fog.StopSiloAsync(2);

        // Silence would tell it in a minute. Where the fleet's grain, or the memory that stores it, was on that silo, it knows less of it.
        await fog.FleetAsync(status => StateOf(status, "c") is DeviceState.Missing or DeviceState.Away or null);
    }

    private static Task<TestFog> StartAsync(string devices, int late = 0, FleetTimes? times = null, IPlanner? planner = null)
    {
        var small = Synthetic.ThreeDevices().SiloDevices[0][0];
        return TestFog.StartAsync(Synthetic.Options([.. devices.Select(id => (DeviceSpec[])[small with { Id = $"{id}" }])]) with
        {
            Joining = times ?? Times,
            LateSilos = late,
            Planner = planner,
            Serving = options => options.Objective = PlanObjective.Capacity,
        });
    }

    private static Task<PlanStatus> ServingAsync(TestFog fog, int replicas) => fog.PlannedAsync(status =>
        status.Phase == PlanPhase.Ready && status.Plan!.Replicas.Length == replicas && status.Replicas.Length == replicas && status.Replicas.All(replica => replica.IsServing));

    private static IFleetGrain Fleet(TestFog fog) => fog.Client.GetGrain<IFleetGrain>(fog.ModelId);

    private static DeviceState? StateOf(FleetStatus status, string id) => status.Devices.FirstOrDefault(device => device.Spec.Id == id)?.State;
}
