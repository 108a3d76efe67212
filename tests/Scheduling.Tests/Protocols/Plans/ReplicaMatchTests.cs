using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Protocols.Plans;
using static E2LLM.Scheduling.Tests.Protocols.Plans.TestPlans;

namespace E2LLM.Scheduling.Tests.Protocols.Plans;

/// <summary>A replica is loaded anew where it would be another one, and not because its fleet has grown.</summary>
public sealed class ReplicaMatchTests
{
    [Fact]
    public void ChangeOver_SecondMachineJoins_LeavesTheReplicasOfTheFirst()
    {
        var machine = Serves(Fleet("ab"));

        machine.Apply(Joined("ab", "c"), Plan("ab"), 1);
        machine.Obey(1);

        Assert.Equal(["ab/1/r0"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void ChangeOver_DeviceJoinsItsMachine_LeavesTheReplicasOfTheOthers()
    {
        var machine = Serves(Joined("ab", "d"));

        machine.Apply(Joined("abc", "d"), Plan("ab", "cd"), 1);
        machine.Obey(1);

        Assert.Equal(["ab/1/r0", "cd/2/r1"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void ChangeOver_LinkWithinAMachineIsToBeHeldBack_ReplacesTheReplica()
    {
        var machine = Serves(Joined("ab", "c"));
        var fleet = Joined("ab", "c");

        machine.Apply(fleet with { Links = fleet.Links.SetItem(0, fleet.Links[0] with { LatencySeconds = 0.001 }) }, Plan("ab"), 1);
        machine.Obey(1);

        Assert.Equal(["ab/2/r0"], machine.Members.Select(member => member.Key));
    }

    [Fact]
    public void ChangeOver_FreeLinkAmongOthersThatAreHeldBack_ReplacesTheReplica()
    {
        var slow = Fleet("abc") with { DefaultLatencySeconds = 0.001 };
        var machine = Serves(slow);

        machine.Apply(slow with { Links = [Free('a', 'b')] }, Plan("ab"), 1);
        machine.Obey(1);

        Assert.Equal(["ab/2/r0"], machine.Members.Select(member => member.Key));
    }

    private static PlanMachine Serves(FleetSpec fleet)
    {
        var machine = Machine();
        machine.Apply(fleet, Plan("ab"));
        machine.Obey();
        return machine;
    }

    /// <summary>Machines with a network between them; within each nothing takes time.</summary>
    private static FleetSpec Joined(params string[] machines) => Fleet(string.Concat(machines)) with
    {
        DefaultBandwidthBytesPerSecond = 1e8,
        DefaultLatencySeconds = 0.001,
        HasRealDefaultLink = true,
        Links = [.. from devices in machines from one in devices from other in devices where one != other select Free(one, other)],
    };

    private static LinkSpec Free(char from, char to) =>
        new() { From = $"{from}", To = $"{to}", BandwidthBytesPerSecond = double.PositiveInfinity, LatencySeconds = 0 };
}
