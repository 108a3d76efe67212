using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Tests.Search;

public class ReachabilityTests
{
    private readonly PlanningContext _context = new(
        Fixtures.Request(Fixtures.Model(), (10_000, 0.001), (10_000, 0.001), (10_000, 0.001)), CancellationToken.None);

    [Theory]
    [InlineData(ReplicaRole.Prefill)]
    [InlineData(ReplicaRole.Decoder)]
    public void Repair_OnlyOneOfTheTwoRoles_TurnsTheGroupsIntoMixedOnes(ReplicaRole role)
    {
        GroupPlan[] groups = [Group(role, 0), Group(ReplicaRole.Mixed, 1), Group(role, 2)];
        var repaired = Reachability.Repair(_context, groups);
        Assert.All(repaired, group => Assert.Equal(ReplicaRole.Mixed, group.Role));
        Assert.Equal([0, 1, 2], repaired.SelectMany(group => group.Stages).Select(stage => stage.Device).Order());
    }

    [Fact]
    public void Repair_BothRoles_ChangesNothing()
    {
        GroupPlan[] groups = [Group(ReplicaRole.Prefill, 0), Group(ReplicaRole.Decoder, 1)];
        Assert.Same(groups, Reachability.Repair(_context, groups));
    }

    [Fact]
    public void Repair_RandomFleets_LeavesOnlyReachableReplicas()
    {
        var random = new Random(61);
        var repairs = 0;
        for (var instance = 0; instance < 300; instance++)
        {
            var context = new PlanningContext(RandomRequests.Next(random, maxDevices: 5, maxLayers: 6, uniform: instance % 2 == 0), CancellationToken.None);
            var role = random.Next(2) == 0 ? ReplicaRole.Prefill : ReplicaRole.Decoder;
            var count = context.Serving.Fleet.DeviceCount;
            var split = random.Next(1, count + 1);
            int[][] members = [[.. Enumerable.Range(0, split)], [.. Enumerable.Range(split, count - split)]];
            GroupPlan[] groups = [.. members.Where(devices => devices.Length > 0).Select(devices => context.Groups.Best(devices, role)).OfType<GroupPlan>()];
            if (groups.Length == 0)
                continue;
            var repaired = Reachability.Repair(context, groups);
            repairs++;
            Assert.All(repaired, group => Assert.Equal(ReplicaRole.Mixed, group.Role));
            var devices = repaired.SelectMany(group => group.Stages).Select(stage => stage.Device).ToList();
            Assert.Equal(devices.Count, devices.Distinct().Count());
            Assert.Empty(devices.Except(groups.SelectMany(group => group.Stages).Select(stage => stage.Device)));
        }
        Assert.InRange(repairs, 50, 300);
    }

    private GroupPlan Group(ReplicaRole role, int device) => _context.Groups.Best([device], role)!;
}
