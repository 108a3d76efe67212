using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;

namespace E2LLM.Planning.Tests.Evaluation;

public class PlanFiguresTests
{
    [Theory]
    [InlineData(0.00006, 2, 0.00001, 1, true)]
    [InlineData(0.00001, 1, 0.00006, 2, false)]
    [InlineData(0.0001, 1, 0.0101, 2, true)]
    [InlineData(0.0101, 2, 0.0001, 1, false)]
    public void IsBetterThan_ByWait_CountsCapacityOnlyWhereWaitsAreEqualWithinTheTolerance(
        double wait, double capacity, double otherWait, double otherCapacity, bool expected) =>
        Assert.Equal(expected, Figures(wait, capacity, 9).IsBetterThan(Figures(otherWait, otherCapacity, 1), PlanObjective.Wait));

    [Fact]
    public void IsBetterThan_EqualWaitAndCapacity_TakesTheShorterService()
    {
        foreach (var objective in Enum.GetValues<PlanObjective>())
        {
            Assert.True(Figures(0.1, 1, 2).IsBetterThan(Figures(0.1, 1, 3), objective));
            Assert.False(Figures(0.1, 1, 3).IsBetterThan(Figures(0.1, 1, 2), objective));
            Assert.False(Figures(0.1, 1, 2).IsBetterThan(Figures(0.1, 1, 2), objective));
        }
    }

    [Fact]
    public void IsBetterThan_ByCapacity_CountsCapacityFirst() =>
        Assert.True(Figures(5, 1.001, 9).IsBetterThan(Figures(0, 1, 1), PlanObjective.Capacity));

    private static PlanFigures Figures(double wait, double capacity, double service) =>
        new() { MeanWaitSeconds = wait, CapacityPerSecond = capacity, ServiceSeconds = service };
}
