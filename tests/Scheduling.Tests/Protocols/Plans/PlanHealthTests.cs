using E2LLM.Core.Plans;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using static E2LLM.Scheduling.Tests.Protocols.Plans.TestPlans;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

/// <summary>Replicas that fall silent: unknown is not dead.</summary>
public sealed class PlanHealthTests
{
    [Theory]
    [InlineData(0, ReplicaHealth.Heard)]
    [InlineData(3, ReplicaHealth.Heard)]
    [InlineData(3.5, ReplicaHealth.Unknown)]
    [InlineData(60, ReplicaHealth.Unknown)]
    [InlineData(60.5, ReplicaHealth.Lost)]
    public void Judge_Silence_IsLostOnlyAfterALongTime(double silentSeconds, ReplicaHealth expected) =>
        Assert.Equal(expected, HealthPolicy.Judge(silentSeconds, new PlanTimes()));

    [Fact]
    public void Silence_OfSecondsOnly_AsksTheReplicaPrefersOthersAndRestartsNothing()
    {
        var (machine, silent, other) = TwoReplicas();

        PassTime(machine, other, untilSecond: 20);

        var effects = machine.TakeEffects();
        Assert.Equal(silent.Key, effects.Only<PlanEffect.ProbeReplica>().Key);
        Assert.Empty(effects.OfType<PlanEffect.StartReplica>());
        Assert.Equal([other.Key], Enumerable.Range(0, 10).Select(_ => machine.RouteKey(20)).Distinct());
        // Nobody else: it is taken all the same.
        machine.Report(other.Key, other.Start, 99, Broken, 20);
        Assert.Equal(silent.Key, machine.RouteKey(20));
    }

    [Fact]
    public void Silence_ThatEnds_MakesTheReplicaAvailableWithoutAStart()
    {
        var (machine, silent, other) = TwoReplicas();
        machine.Tick(8);
        machine.TakeEffects();

        machine.Report(other.Key, other.Start, 1, Serving, 8);
        machine.Report(silent.Key, silent.Start, 1, Serving, 8);

        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        Assert.Equal(2, Enumerable.Range(0, 4).Select(_ => machine.RouteKey(8)).Distinct().Count());
    }

    [Fact]
    public void Silence_LongerThanAnythingThatPasses_StartsTheReplicaAnew()
    {
        var (machine, silent, other) = TwoReplicas();

        PassTime(machine, other, untilSecond: 60);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Tick(60.5);
        machine.Tick(61);

        Assert.Equal(silent.Key, machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
        Assert.Contains("ReplicaSilenceSeconds", machine.Members.First().LastFailure);
    }

    [Fact]
    public void Tick_SiloOfADeviceIsGone_TakesItsReplicaOutAtOnceAndHasItLetItsRequestsGo()
    {
        var machine = Serves("ab", "c");

        machine.Tick(0.25, Hosted("ac"));

        Assert.Equal("c/1/r1", machine.RouteKey(0.25));
        Assert.Equal("ab/1/r0", machine.TakeEffects().Only<PlanEffect.StopReplica>().Key);
        Assert.Equal("the silo of its device b is gone", machine.Find("ab/1/r0")!.LastFailure);
        // Its last word from before changes nothing.
        machine.Report("ab/1/r0", machine.Find("ab/1/r0")!.Start, 99, Serving, 0.3);
        Assert.Equal(ReplicaPhase.Waiting, machine.Find("ab/1/r0")!.Phase);
    }

    [Fact]
    public void Tick_SiloOfADeviceIsBack_StartsItsReplicaWithoutTheTriesThatWouldHaveFailedMeanwhile()
    {
        var machine = Serves("ab", "c");
        machine.Tick(0.25, Hosted("ac"));
        machine.TakeEffects();

        for (var second = 1; second < 20; second++)
            machine.Tick(second, Hosted("ac"));
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Tick(20, Hosted("abc"));

        Assert.Equal("ab/1/r0", machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
    }

    [Fact]
    public void Tick_NobodyKnowsWhatSilosHost_TakesNothingForGone()
    {
        var machine = Serves("ab", "c");

        machine.Tick(0.25, hosted: null);

        Assert.Equal(ReplicaPhase.Running, machine.Find("ab/1/r0")!.Phase);
    }

    [Fact]
    public void ProbeFailed_ItDidNotAnswer_SaysNothing()
    {
        var (machine, silent) = Probed();

        machine.ProbeFailed(silent.Key, silent.Start, isGone: false, "it did not answer within 5 s", 9);
        machine.Tick(9.5);

        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        Assert.Equal(ReplicaPhase.Running, machine.Find(silent.Key)!.Phase);
    }

    [Fact]
    public void ProbeFailed_ItsSiloIsGone_StartsItAnew()
    {
        var (machine, silent) = Probed();

        machine.ProbeFailed(silent.Key, silent.Start, isGone: true, "no live silo hosts device 'a'", 9);
        machine.Tick(9.5);

        Assert.Equal(silent.Key, machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
    }

    [Theory]
    [InlineData(ReplicaState.Stopped)]
    [InlineData(ReplicaState.OutOfService)]
    public void Probed_ItIsDown_StartsItAnew(ReplicaState state)
    {
        var (machine, silent) = Probed();

        machine.Probed(silent.Key, silent.Start, new ReplicaSnapshot { State = state }, 9);
        machine.Tick(9.5);

        Assert.Equal(silent.Key, machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
    }

    [Fact]
    public void Probed_AReportCameMeanwhile_TheReportCounts()
    {
        var (machine, silent) = Probed();

        machine.Report(silent.Key, silent.Start, 1, Serving, 9);
        Assert.False(machine.Probed(silent.Key, silent.Start, Broken, 9));

        Assert.Equal(ReplicaPhase.Running, machine.Find(silent.Key)!.Phase);
    }

    [Fact]
    public void Report_OutOfService_StartsItAnewAfterAPause()
    {
        var (machine, broken, other) = TwoReplicas();

        machine.Report(broken.Key, broken.Start, 1, Broken, 1);
        machine.Tick(1.4);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Tick(1.5);

        Assert.Equal(broken.Key, machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
        Assert.Equal(other.Key, machine.RouteKey(1.5));
    }

    [Fact]
    public void Report_ThatItServesAfterAll_EndsTheWaitForAStart()
    {
        var (machine, silent, other) = TwoReplicas();
        PassTime(machine, other, untilSecond: 60);
        machine.Tick(60.5);
        Assert.Equal(ReplicaPhase.Waiting, machine.Find(silent.Key)!.Phase);

        machine.Report(silent.Key, silent.Start, 1, Serving, 60.6);
        machine.Tick(62);

        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        Assert.Equal((ReplicaPhase.Running, ""), (machine.Find(silent.Key)!.Phase, machine.Find(silent.Key)!.LastFailure));
    }

    [Fact]
    public void Absence_OfThePlanItself_IsNobodysSilence()
    {
        var (machine, first, second) = TwoReplicas();

        // Its process was stopped for ten minutes; what the replicas have said meanwhile comes behind the first tick.
        machine.Tick(600);
        machine.Tick(601);
        machine.Report(first.Key, first.Start, 600, Serving, 602);
        machine.Tick(602);
        Assert.Empty(machine.TakeEffects().OfType<PlanEffect.StartReplica>());
        machine.Tick(603.5);
        machine.Tick(604);

        // Whoever says nothing now either is lost.
        Assert.Equal(second.Key, machine.TakeEffects().Only<PlanEffect.StartReplica>().Replica.Key);
    }

    /// <summary>Second by second, with reports from one replica.</summary>
    private static void PassTime(PlanMachine machine, ActualReplica reporting, int untilSecond)
    {
        for (var second = 1; second <= untilSecond; second++)
        {
            machine.Report(reporting.Key, reporting.Start, second, Serving, second);
            machine.Tick(second);
        }
    }

    private static (PlanMachine Machine, ActualReplica First, ActualReplica Second) TwoReplicas()
    {
        var machine = Machine();
        machine.Apply(Fleet("ab"), Plan("a", "b"));
        machine.Obey();
        var members = machine.Members.ToArray();
        return (machine, members[0], members[1]);
    }

    /// <summary>The first replica has been silent for eight seconds and is being asked how it is.</summary>
    private static (PlanMachine Machine, ActualReplica Silent) Probed()
    {
        var (machine, silent, other) = TwoReplicas();
        machine.Report(other.Key, other.Start, 1, Serving, 8);
        machine.Tick(8);
        machine.TakeEffects().Only<PlanEffect.ProbeReplica>();
        return (machine, silent);
    }

    private static HashSet<string> Hosted(string devices) => [.. devices.Select(device => $"{device}")];
}
