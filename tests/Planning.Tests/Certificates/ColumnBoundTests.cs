using E2LLM.Planning.Columns;
using E2LLM.Planning.Search;
using E2LLM.Planning.Tests.Exact;

namespace E2LLM.Planning.Tests.Certificates;

public class ColumnBoundTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RequestsPerSecond_RandomFleets_IsNeverBelowWhatAPlanReaches(bool uniform)
    {
        var random = new Random(41);
        var tight = 0;
        const int Instances = 700;
        for (var instance = 0; instance < Instances; instance++)
        {
            var context = new PlanningContext(RandomRequests.Next(random, maxDevices: 4, maxLayers: 6, uniform), CancellationToken.None);
            var bound = new ColumnBound(context).RequestsPerSecond;
            var best = BruteForcePlans.Best(context.Groups, context.Evaluator, Core.Plans.PlanObjective.Capacity).CapacityPerSecond;
            Assert.True(bound >= best, $"bound {bound} is below {best}, which a plan reaches");
            if (bound <= best * 1.05)
                tight++;
        }
        Assert.InRange(tight, Instances / 20, Instances);
    }

    [Fact]
    public void Candidates_AreValidPlans()
    {
        var random = new Random(43);
        for (var instance = 0; instance < 100; instance++)
        {
            var context = new PlanningContext(RandomRequests.Next(random, maxDevices: 6, maxLayers: 8, uniform: true), CancellationToken.None);
            foreach (var groups in new ColumnBound(context).Candidates)
            {
                var used = groups.SelectMany(group => group.Stages).Select(stage => stage.Device).ToList();
                Assert.Equal(used.Count, used.Distinct().Count());
                Assert.All(groups, group => Assert.True(context.Groups.Evaluator.FitsMemory(group.Stages, group.Choice)));
            }
        }
    }
}
