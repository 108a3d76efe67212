using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Tests.Exact;

public class ExactTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Best_RandomFleets_EqualsBruteForceForBothObjectives(bool uniform)
    {
        var random = new Random(31);
        for (var instance = 0; instance < 400; instance++)
        {
            var serving = new ServingCosts(RandomRequests.Next(random, maxDevices: 4, maxLayers: 6, uniform));
            var planner = new GroupPlanner(serving);
            var evaluator = new PlanEvaluator(serving);
            var table = new GroupTable(planner, new ParallelOptions());
            foreach (var objective in Enum.GetValues<PlanObjective>())
            {
                var expected = BruteForcePlans.Best(planner, evaluator, objective);
                var (groups, figures) = PlanEnumeration.Best(table, evaluator, objective, CancellationToken.None);
                Assert.Equal(expected.CapacityPerSecond > 0, groups.Length > 0);
                Assert.False(expected.IsBetterThan(figures, objective) && Differs(expected, figures), $"{expected} is better than {figures}");
                Assert.False(figures.IsBetterThan(expected, objective) && Differs(expected, figures), $"{figures} is better than all");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CapacityBound_RandomFleets_IsNeverBelowWhatAPlanReaches(bool uniform)
    {
        var random = new Random(37);
        var tight = 0;
        const int Instances = 1500;
        for (var instance = 0; instance < Instances; instance++)
        {
            var serving = new ServingCosts(RandomRequests.Next(random, maxDevices: 4, maxLayers: 6, uniform));
            var planner = new GroupPlanner(serving);
            var bound = new CapacityBound(planner, new ParallelOptions()).Solve(CancellationToken.None).Bound;
            var best = BruteForcePlans.Best(planner, new PlanEvaluator(serving), PlanObjective.Capacity).CapacityPerSecond;
            Assert.True(bound >= best, $"bound {bound} is below {best}, which a plan reaches");
            if (bound <= best * 1.01)
                tight++;
        }
        Assert.InRange(tight, uniform ? Instances / 2 : Instances / 10, Instances);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RelaxedCapacity_RandomFleets_IsNeverBelowAnyOrderAndCut(bool uniform)
    {
        var random = new Random(39);
        var tight = 0;
        const int Instances = 1000;
        for (var instance = 0; instance < Instances; instance++)
        {
            var serving = new ServingCosts(RandomRequests.Next(random, maxDevices: 3, maxLayers: 5, uniform));
            var planner = new GroupPlanner(serving);
            var evaluator = new PlanEvaluator(serving);
            var table = new GroupTable(planner, new ParallelOptions());
            var bound = PlanEnumeration.RelaxedCapacity(table, evaluator, CancellationToken.None);
            var best = BruteForcePlans.MostCapacityOfAnyCut(planner, evaluator);
            Assert.True(bound >= best, $"bound {bound} is below {best}, which a plan reaches");
            if (bound <= best * 1.001)
                tight++;
        }
        Assert.InRange(tight, Instances / 2, Instances);
    }

    // Groups of devices of one type may differ in the last bits when their sums are made in another order.
    private static bool Differs(PlanFigures left, PlanFigures right) =>
        Math.Abs(left.CapacityPerSecond - right.CapacityPerSecond) > 1e-9 * left.CapacityPerSecond
        || Math.Abs(left.MeanWaitSeconds - right.MeanWaitSeconds) > 1e-6 * left.MeanWaitSeconds
        || Math.Abs(left.ServiceSeconds - right.ServiceSeconds) > 1e-9 * left.ServiceSeconds;
}
