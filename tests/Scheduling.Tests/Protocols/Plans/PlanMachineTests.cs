using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using static E2LLM.Scheduling.Tests.Protocols.Plans.TestPlans;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

public sealed class PlanMachineTests
{
    [Fact]
    public void Apply_FirstPlan_StartsAllReplicasAtOnceAndSweepsTheFleetWhenTheyServe()
    {
        var machine = Machine();

        machine.Apply(Fleet("abc"), Plan("ab", "c"));

        var starts = machine.TakeEffects().OfType<PlanEffect.StartReplica>().Select(start => start.Replica).ToArray();
        Assert.Equal(["ab/1/r0", "c/1/r1"], starts.Select(start => start.Key));
        Assert.False(machine.IsSettled);
        foreach (var start in starts)
            machine.Started(start.Key, start.Start, 1);
        var sweep = machine.TakeEffects().Only<PlanEffect.SweepDevices>();
        Assert.Equal(["a", "b", "c"], sweep.Devices.Order());
        Assert.Equal((2, 1L), (sweep.Named.Length, sweep.Generation));
        Assert.True(machine.IsSettled && machine.HasRoute);
    }

    [Fact]
    public void Abandon_WhileAPlanServes_LeavesEverythingAsItWas()
    {
        var machine = Serves("ab", "c");
        var before = machine.Records;

        var attempt = machine.Begin(PlanActivity.Profiling);
        machine.Abandon(attempt, "12 bytes short", Planned(Fleet("z"), null), 1);

        Assert.Empty(machine.TakeEffects());
        Assert.Equal(before, machine.Records);
        Assert.Equal(("12 bytes short", true), (machine.Error, machine.HasRoute));
        Assert.NotNull(machine.RouteKey(1));
    }

    [Fact]
    public void Abandon_BeforeAnyPlan_KeepsTheProfilesToPlanWith()
    {
        var machine = Machine();

        machine.Abandon(machine.Begin(PlanActivity.Profiling), "12 bytes short", Planned(Fleet("a"), null), 1);

        Assert.Equal("test", machine.Planned!.Fleet.Name);
        Assert.Null(machine.Desired);
    }

    [Fact]
    public void ChangeOver_ReplicaThatBothPlansHave_StaysUnderItsKey()
    {
        var machine = Serves("ab", "c", "d");

        // Its name and the predictions for it are others.
        var plan = Plan("d", "ab", "ce");
        machine.Apply(Fleet("abcde"), plan with { Replicas = plan.Replicas.SetItem(1, plan.Replicas[1] with { TokenSeconds = 7 }) }, 1);
        var effects = machine.Obey(1);

        Assert.Equal(["d/1/r2", "ab/1/r0", "ce/2/r2"], machine.Members.Select(member => member.Key));
        Assert.Equal("ce/2/r2", effects.Only<PlanEffect.StartReplica>().Replica.Key);
        Assert.Equal("c/1/r1", effects.Only<PlanEffect.StopReplica>().Key);
        Assert.Empty(machine.Retiring);
    }

    [Theory]
    [InlineData("layers")]
    [InlineData("engine")]
    [InlineData("role")]
    [InlineData("device")]
    [InlineData("link")]
    public void ChangeOver_ReplicaThatDiffers_IsReplaced(string what)
    {
        var machine = Serves("ab", "c");
        var (fleet, plan) = (Fleet("abc"), Plan("ab", "c"));
        var replica = plan.Replicas[0];
        switch (what)
        {
            case "layers":
                replica = replica with { Stages = [replica.Stages[0] with { LayerCount = 3 }, replica.Stages[1] with { FirstLayer = 3, LayerCount = 5 }] };
                break;
            case "engine":
                replica = replica with { Engine = replica.Engine with { MaxSequences = 4 } };
                break;
            case "role":
                replica = replica with { Role = ReplicaRole.Prefill };
                break;
            case "device":
                fleet = fleet with { Devices = [fleet.Devices[0] with { MemoryBytes = 7 }, .. fleet.Devices.Skip(1)] };
                break;
            default:
                fleet = fleet with { Links = [new() { From = "b", To = "a", BandwidthBytesPerSecond = 1, LatencySeconds = 1 }] };
                break;
        }

        machine.Apply(fleet, plan with { Replicas = plan.Replicas.SetItem(0, replica) }, 1);
        machine.Obey(1);

        Assert.Equal(["ab/2/r0", "c/1/r1"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void ChangeOver_AllDevicesAreTaken_OneAfterTheOtherMakesRoomAndSomethingServesThroughout()
    {
        var machine = Serves("ab", "cd");
        // The same devices in another order: nothing can stay.
        machine.Apply(Fleet("abcd"), Plan("ba", "dc"), 1);

        Assert.Equal("ab/1/r0", machine.TakeEffects().Only<PlanEffect.DrainReplica>().Key);
        Assert.Equal("cd/1/r1", machine.RouteKey(1));
        machine.Drained("ab/1/r0", 2);
        machine.TakeEffects().Only<PlanEffect.StopReplica>();
        machine.Stopped("ab/1/r0", 3);
        var start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;
        Assert.Equal("ba/2/r0", start.Key);
        // Not before the first one is through.
        Assert.Equal("cd/1/r1", machine.RouteKey(3));
        machine.Started(start.Key, start.Start, 4);

        Assert.Equal("cd/1/r1", machine.TakeEffects().Only<PlanEffect.DrainReplica>().Key);
        Assert.Equal("ba/2/r0", machine.RouteKey(4));
        machine.Drained("cd/1/r1", 5);
        machine.Obey(5);
        Assert.True(machine.IsSettled);
        Assert.Equal(["ba/2/r0", "dc/2/r1"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void ChangeOver_NobodyElseServes_StopsWithoutDraining()
    {
        var machine = Serves("ab");

        machine.Apply(Fleet("ab"), Plan("ba"), 1);

        var effects = machine.TakeEffects();
        Assert.Empty(effects.OfType<PlanEffect.DrainReplica>());
        Assert.Equal("ab/1/r0", effects.Only<PlanEffect.StopReplica>().Key);
        Assert.Null(machine.RouteKey(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ChangeOver_NobodyElseServes_IsOneUntilTheNewPlanHasBeenTried(bool couldBeLoaded)
    {
        var machine = Serves("ab");
        Assert.False(machine.IsChangingOver);

        machine.Apply(Fleet("ab"), Plan("ba"), 1);
        // The fleet changes once more before anything of it serves.
        machine.Apply(Fleet("abc"), Plan("bac"), 2);
        Assert.True(machine.IsChangingOver);
        machine.Stopped("ab/1/r0", 3);
        var start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;
        Assert.True(machine.IsChangingOver);
        if (couldBeLoaded)
            machine.Started(start.Key, start.Start, 4);
        else
            machine.StartFailed(start.Key, start.Start, "no engine", 4);

        Assert.False(machine.IsChangingOver);
    }

    [Fact]
    public void Apply_NothingServedBefore_IsNoChangeOver()
    {
        var machine = Machine();
        machine.Apply(Fleet("ab"), Plan("ab"));
        Assert.False(machine.IsChangingOver);

        machine = Serves("ab");
        machine.Stop(1);
        machine.Apply(Fleet("ab"), Plan("ba"), 2);

        Assert.False(machine.IsChangingOver);
    }

    [Fact]
    public void ChangeOver_DevicesAreFree_TheOldPlanServesUntilTheNewOneDoes()
    {
        var machine = Serves("a");

        machine.Apply(Fleet("ab"), Plan("b"), 1);
        var start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;
        Assert.Equal("a/1/r0", machine.RouteKey(1));
        machine.StartFailed(start.Key, start.Start, "no engine", 2);

        // It could not be loaded: that is tried again, and until then nothing is given up.
        Assert.DoesNotContain(machine.TakeEffects(), effect => effect is PlanEffect.StopReplica or PlanEffect.DrainReplica);
        Assert.Equal((true, "a/1/r0"), (machine.IsSettled, machine.RouteKey(2)));
        machine.Tick(3);
        start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;
        machine.Started(start.Key, start.Start, 4);
        Assert.Equal("a/1/r0", machine.TakeEffects().Only<PlanEffect.DrainReplica>().Key);
    }

    [Fact]
    public void ChangeOver_NewReplicaCannotBeLoaded_TheLastOnesThatServeDoNotMakeRoom()
    {
        var machine = Serves("ab", "cd");
        machine.Apply(Fleet("abcd"), Plan("ba", "dc"), 1);
        machine.TakeEffects();
        machine.Drained("ab/1/r0", 1);
        machine.Stopped("ab/1/r0", 1);
        var start = machine.TakeEffects().OfType<PlanEffect.StartReplica>().Single().Replica;

        machine.StartFailed(start.Key, start.Start, "no engine", 2);

        Assert.DoesNotContain(machine.TakeEffects(), effect => effect is PlanEffect.StopReplica or PlanEffect.DrainReplica);
        Assert.Equal((true, "cd/1/r1"), (machine.IsSettled, machine.RouteKey(2)));
    }

    [Fact]
    public void ChangeOver_BackToThePlanBefore_TakesUpWhatStillServes()
    {
        var machine = Serves("ab", "cd");
        machine.Apply(Fleet("abcd"), Plan("ba", "dc"), 1);
        machine.TakeEffects();

        machine.Apply(Fleet("abcd"), Plan("ab", "cd"), 2);
        machine.Obey(2);

        Assert.Equal(["ab/3/r0", "cd/1/r1"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void Drain_TakesTooLong_IsEndedByAStop()
    {
        var machine = Serves("ab", "cd");
        machine.Apply(Fleet("abcd"), Plan("ba", "cd"), 1);
        machine.TakeEffects().Only<PlanEffect.DrainReplica>();

        machine.ReportAll(9, 1 + Times.DrainSeconds - 0.1);
        machine.Tick(1 + Times.DrainSeconds - 0.1);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StopReplica>());
        machine.Tick(1 + Times.DrainSeconds);

        Assert.Equal("ab/1/r0", machine.TakeEffects().Only<PlanEffect.StopReplica>().Key);
    }

    [Fact]
    public void StartFailed_OneOfTwo_TheOtherServesAndTheStatusSaysWhy()
    {
        var machine = Machine();
        machine.Apply(Fleet("ab"), Plan("a", "b"));
        var starts = machine.TakeEffects().OfType<PlanEffect.StartReplica>().Select(start => start.Replica).ToArray();

        machine.StartFailed(starts[0].Key, starts[0].Start, "no engine", 1);
        machine.Started(starts[1].Key, starts[1].Start, 1);

        Assert.True(machine.IsSettled && machine.HasRoute);
        Assert.Equal("no engine", machine.Members.First().LastFailure);
        Assert.Equal("b/1/r1", machine.RouteKey(1));
    }

    [Fact]
    public void StartFailed_AgainAndAgain_PausesGrowToTheLongest()
    {
        var machine = Machine();
        machine.Apply(Fleet("a"), Plan("a"));
        List<double> pauses = [];
        var (now, failedAt) = (0.0, 0.0);
        while (pauses.Count < 10)
        {
            foreach (var start in machine.TakeEffects().OfType<PlanEffect.StartReplica>())
            {
                pauses.Add(now - failedAt);
                failedAt = now;
                machine.StartFailed(start.Replica.Key, start.Replica.Start, "no engine", now);
            }

            machine.Tick(now += 0.25);
        }

        Assert.Equal([0, 0.5, 1, 2, 4, 8, 16, 30, 30, 30], pauses);
    }

    [Fact]
    public void Stop_WhileAPlanIsBeingMade_VoidsIt()
    {
        var machine = Machine();
        var attempt = machine.Begin(PlanActivity.Profiling);

        machine.Stop(1);

        Assert.False(machine.ChangeOver(attempt, new DesiredServing { Fleet = Fleet("a") }, Planned(Fleet("a"), machine.Keep(Plan("a"))), 2));
        Assert.Empty(machine.Members);
    }

    [Fact]
    public void Stop_WhileAReplicaIsBeingStarted_StopsItAndIgnoresThatItStarted()
    {
        var machine = Machine();
        machine.Apply(Fleet("a"), Plan("a"));
        var start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;

        machine.Stop(1);
        machine.Started(start.Key, start.Start, 2);

        Assert.Equal(start.Key, machine.TakeEffects().Only<PlanEffect.StopReplica>().Key);
        Assert.False(machine.IsServing);
        machine.Stopped(start.Key, 3);
        Assert.Empty(machine.Retiring);
        Assert.True(machine.Desired!.IsStopped);
    }

    [Fact]
    public void Report_FromAReplicaOfNoPlan_StopsIt()
    {
        var machine = Serves("a");

        machine.Report("z/7/r0", 3, 1, Serving, 1);
        machine.Report("z/7/r0", 3, 2, Serving, 1);

        Assert.Equal("z/7/r0", machine.TakeEffects().Only<PlanEffect.StopReplica>().Key);
    }

    [Fact]
    public void Report_OfAnotherStartOrOvertaken_ChangesNothing()
    {
        var machine = Serves("a");
        var start = machine.Members.Single().Start;
        machine.Report("a/1/r0", start, 5, Serving, 1);

        Assert.False(machine.Report("a/1/r0", start, 4, Broken, 1));
        Assert.False(machine.Report("a/1/r0", start, 5, Broken, 1));
        Assert.False(machine.Report("a/1/r0", start - 1, 9, Broken, 1));

        Assert.True(machine.IsServing);
    }

    [Fact]
    public void Report_OutOfServiceBeforeTheStartHasAnswered_IsNotForgotten()
    {
        var machine = Machine();
        machine.Apply(Fleet("a"), Plan("a"));
        var start = machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica;

        machine.Report(start.Key, start.Start, 3, Broken, 1);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Started(start.Key, start.Start, 1);

        Assert.Equal((false, Broken.LastFailure), (machine.IsServing, machine.Members.Single().LastFailure));
        machine.Tick(2);
        machine.TakeEffects().Only<PlanEffect.StartReplica>();
    }

    [Fact]
    public void Route_ABurstBetweenTwoReports_IsSpreadOverTheReplicas()
    {
        var machine = Serves("a", "b");

        var keys = Enumerable.Range(0, 40).Select(_ => machine.RouteKey(0)).ToArray();

        Assert.Equal([20, 20], keys.GroupBy(key => key).Select(group => group.Count()));
    }

    [Fact]
    public void Route_AfterAReport_ForgetsWhatWasSentLongBefore()
    {
        var machine = Serves("a", "b");
        for (var sent = 0; sent < 9; sent++)
            machine.RouteKey(0, avoid: ["b/1/r1"]);
        machine.ReportAll(1, 0.5);

        // Both are empty, so turns decide.
        Assert.Equal(2, Enumerable.Range(0, 2).Select(_ => machine.RouteKey(0.5)).Distinct().Count());
    }

    [Fact]
    public void Resume_AfterARestart_AsksTheReplicasAndStartsThoseThatHaveGone()
    {
        var first = Serves("a", "b");

        var machine = Machine(first.Records, nowSeconds: 0);

        Assert.False(machine.IsServing);
        var probes = machine.TakeEffects().OfType<PlanEffect.ProbeReplica>().ToArray();
        Assert.Equal(2, probes.Length);
        machine.Probed(probes[0].Key, probes[0].Start, Serving, 0.1);
        machine.Probed(probes[1].Key, probes[1].Start, new ReplicaSnapshot { State = ReplicaState.Stopped }, 0.1);
        machine.Tick(1);
        Assert.Equal("b/1/r1", machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
        Assert.Equal("a/1/r0", machine.RouteKey(1));
    }

    [Fact]
    public void Resume_WhileAFleetIsProfiled_LoadsNothingBeforeTheOutcome()
    {
        var machine = Machine(Serves("a").Records);
        var probe = machine.TakeEffects().Only<PlanEffect.ProbeReplica>();
        var attempt = machine.Begin(PlanActivity.Profiling);
        machine.Probed(probe.Key, probe.Start, new ReplicaSnapshot { State = ReplicaState.Stopped }, 1);

        machine.Tick(2);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Abandon(attempt, "a device has no silo", null, 3);

        machine.TakeEffects().Only<PlanEffect.StartReplica>();
    }

    [Fact]
    public void Resume_AnotherModelFile_StopsWhatRunsAndStartsNothing()
    {
        var records = Serves("a").Records;

        var machine = Machine(records.For(Model with { Sha256 = "other" }));

        Assert.Null(machine.Planned);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        Assert.Equal(records, records.For(Model));
    }
}
