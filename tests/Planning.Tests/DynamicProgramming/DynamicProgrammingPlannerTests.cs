using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.DynamicProgramming;

namespace E2LLM.Planning.Tests.DynamicProgramming;

public class DynamicProgrammingPlannerTests
{
    private static ServingPlan Plan(PlanRequest request) =>
        new DynamicProgrammingPlanner().Plan(request, CancellationToken.None);

    [Fact]
    public void Plan_TwoDevicesThatHoldHalfEach_MakesOneReplica()
    {
        var plan = Plan(Fixtures.Request(Fixtures.Model(), (600, 1), (600, 1)));
        var replica = Assert.Single(plan.Replicas);
        Assert.Equal(ReplicaRole.Mixed, replica.Role);
        Assert.Equal([4, 8], replica.Stages.Select(stage => stage.EndLayer));
        Assert.Empty(plan.Unused);
        Assert.Equal(4, replica.PeriodSeconds);
    }

    [Fact]
    public void Plan_DevicesThatHoldAllOfIt_MakesAReplicaOfEach()
    {
        var plan = Plan(Fixtures.Request(Fixtures.Model(), (10_000, 1), (10_000, 2)));
        Assert.Equal(2, plan.Replicas.Length);
        Assert.All(plan.Replicas, replica => Assert.Single(replica.Stages));
    }

    [Fact]
    public void Plan_SlowDevice_IsLeftOutWithAReason()
    {
        var plan = Plan(Fixtures.Request(Fixtures.Model(), (600, 1), (600, 1), (200, 100)));
        Assert.Equal("d2", Assert.Single(plan.Unused).DeviceId);
        Assert.Contains("alone it cannot hold the model", plan.Unused[0].Reason);
    }

    [Fact]
    public void Plan_TinyDevice_IsLeftOutAsTooSmall()
    {
        var plan = Plan(Fixtures.Request(Fixtures.Model(), (2000, 1), (161, 1)));
        Assert.Contains("161 bytes", Assert.Single(plan.Unused).Reason);
    }

    [Fact]
    public void Plan_Stages_CoverTheModelWithinMemoryAndSayWhatTheyCost()
    {
        var request = Fixtures.Request(Fixtures.Model(headBytes: 50, embeddingBytes: 30), (600, 1), (700, 2), (300, 0.5));
        foreach (var replica in Plan(request).Replicas)
        {
            Assert.Equal(8, replica.Stages.Sum(stage => stage.LayerCount));
            foreach (var stage in replica.Stages)
            {
                var device = request.Fleet.Find(stage.DeviceId)!;
                Assert.InRange(stage.WeightBytes + stage.KvBytes + stage.ScratchBytes, 1, device.MemoryBytes);
                Assert.Equal(request.Model.WeightBytes(stage.FirstLayer, stage.LayerCount), stage.WeightBytes);
                Assert.Equal(10 * stage.LayerCount, stage.KvBytes);
                Assert.True(stage.DecodeSeconds > 0 && stage.PrefillSeconds > 0);
            }
        }
    }

    [Fact]
    public void Plan_FleetTooSmall_SaysHowManyBytesAreShort()
    {
        // 8 layers of 110 bytes and 4 of logits; 2 x (300 - 52) are there.
        var error = Assert.Throws<PlanningException>(() => Plan(Fixtures.Request(Fixtures.Model(), (300, 1), (300, 1))));
        Assert.Contains("is 388 bytes short", error.Message);
        Assert.Contains("needs 884 bytes", error.Message);
    }

    [Fact]
    public void Plan_LayerLargerThanAnyDevice_NamesBoth()
    {
        var model = Fixtures.Model() with { LayerBytes = [100, 100, 900, 100, 100, 100, 100, 100] };
        var devices = Enumerable.Repeat((500L, 1.0), 9).ToArray();
        var error = Assert.Throws<PlanningException>(() => Plan(Fixtures.Request(model, devices)));
        Assert.Contains("layer 2", error.Message);
        Assert.Contains("462 bytes short", error.Message);
    }

    [Fact]
    public void Plan_EnoughBytesButNoCut_SaysSo()
    {
        // Each device holds one whole layer and most of a second.
        var devices = Enumerable.Repeat((260L, 1.0), 7).ToArray();
        var error = Assert.Throws<PlanningException>(() => Plan(Fixtures.Request(Fixtures.Model(layers: 10), devices)));
        Assert.Contains("no order and no cut", error.Message);
    }

    [Fact]
    public void Plan_ManyDevices_IsPlannedByTheHeuristic()
    {
        var devices = Enumerable.Range(0, 40).Select(index => (400L, 1.0 + index % 3)).ToArray();
        var plan = Plan(Fixtures.Request(Fixtures.Model(), devices));
        Assert.InRange(plan.Replicas.Length, 8, 20);
        var used = plan.Replicas.SelectMany(replica => replica.Stages).Select(stage => stage.DeviceId).ToList();
        Assert.Equal(used.Count, used.Distinct().Count());
        Assert.Equal(40, used.Count + plan.Unused.Length);
    }

    [Fact]
    public void Plan_SameRequest_SamePlan()
    {
        var request = Fixtures.Request(Fixtures.Model(), (600, 1), (700, 2), (300, 0.5), (900, 3));
        Assert.Equal(Describe(Plan(request)), Describe(Plan(request)));
    }

    [Fact]
    public void Plan_SlowLink_IsAvoidedByTheOrder()
    {
        var request = Fixtures.Request(Fixtures.Model(layers: 3), (170, 1), (170, 1), (170, 1));
        request = request with
        {
            Fleet = request.Fleet with
            {
                Links = [Link("d0", "d1"), Link("d1", "d0")],
            },
        };
        Assert.Equal(1, Assert.Single(Plan(request).Replicas).PeriodSeconds);

        static LinkSpec Link(string from, string to) => new() { From = from, To = to, BandwidthBytesPerSecond = 1, LatencySeconds = 5 };
    }

    private static string Describe(ServingPlan plan) => string.Join(
        '|', plan.Replicas.Select(replica => string.Join(',', replica.Stages.Select(stage => $"{stage.DeviceId}:{stage.EndLayer}"))));
}
