using E2LLM.Core.Plans;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Tests.Groups;

public class GroupPlannerTests
{
    [Fact]
    public void Best_EqualLayersAndLinks_EqualsBruteForce()
    {
        var random = new Random(11);
        var found = 0;
        for (var instance = 0; instance < 2000; instance++)
        {
            var request = RandomRequests.Next(random, maxDevices: 4, maxLayers: 7, uniform: true);
            var serving = new ServingCosts(request);
            var planner = new GroupPlanner(serving);
            int[] devices = [.. Enumerable.Range(0, serving.Fleet.DeviceCount)];
            foreach (var role in Enum.GetValues<ReplicaRole>())
            {
                var expected = BruteForceGroups.LeastRequestSeconds(serving, planner.Evaluator, devices, role);
                var plan = planner.Best(devices, role);
                Assert.Equal(double.IsPositiveInfinity(expected), plan is null);
                if (plan is null)
                    continue;
                found++;
                Assert.Equal(1, plan.RequestSeconds / expected, 1e-8);
                Assert.True(planner.Evaluator.FitsMemory(plan.Stages, plan.Choice));
            }
        }
        Assert.InRange(found, 1000, 5500);
    }

    [Fact]
    public void Best_UnequalLayersAndLinks_IsNeverBetterThanBruteForceNorThanTheBound()
    {
        var random = new Random(12);
        var (found, missed, excess) = (0, 0, 0.0);
        for (var instance = 0; instance < 1000; instance++)
        {
            var request = RandomRequests.Next(random, maxDevices: 4, maxLayers: 6, uniform: false);
            var serving = new ServingCosts(request);
            var planner = new GroupPlanner(serving);
            int[] devices = [.. Enumerable.Range(0, serving.Fleet.DeviceCount)];
            foreach (var role in Enum.GetValues<ReplicaRole>())
            {
                var expected = BruteForceGroups.LeastRequestSeconds(serving, planner.Evaluator, devices, role);
                var bound = serving.Of(role).Min(costs => planner.LeastSeconds(devices, costs));
                Assert.True(bound <= expected * (1 + 1e-8), "the closed form must stay a lower bound");
                if (double.IsPositiveInfinity(expected))
                    continue;
                var plan = planner.Best(devices, role);
                if (plan is null)
                {
                    missed++;
                    continue;
                }
                found++;
                Assert.True(plan.RequestSeconds >= expected * (1 - 1e-8));
                excess += plan.RequestSeconds / expected - 1;
            }
        }
        // The order is a heuristic: it must find a plan nearly always, and close to the best on average.
        Assert.InRange(missed, 0, found / 50);
        Assert.InRange(excess / found, 0, 0.03);
    }

    [Fact]
    public void Best_MinimumSpeed_LimitsTheConcurrency()
    {
        var request = Fixtures.Request(Fixtures.Model(layers: 2), (10_000, 0.1)) with
        {
            Engine = Fixtures.Engine() with { KvCells = 400 },
            Workload = new WorkloadSpec { Name = "w", RequestsPerSecond = 1, MeanInputTokens = 10, MeanOutputTokens = 10 },
        };
        var fast = Assert.IsType<GroupPlan>(new GroupPlanner(new ServingCosts(request)).Best([0], ReplicaRole.Decoder));
        Assert.Equal(4, fast.Concurrency);
        var limited = request with { MinimumTokensPerSecond = 0.99 / (fast.TokenSeconds / 2) };
        var slow = Assert.IsType<GroupPlan>(new GroupPlanner(new ServingCosts(limited)).Best([0], ReplicaRole.Decoder));
        Assert.Equal(2, slow.Concurrency);
    }
}
