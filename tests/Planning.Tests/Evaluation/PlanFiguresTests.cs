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

    [Theory]
    [InlineData(10.15, 2, 10.05, 1, true)]
    [InlineData(10.05, 1, 10.15, 2, false)]
    [InlineData(11, 2, 10, 1, false)]
    public void IsBetterThan_ByLatency_GivesTimesThatNobodyCanTellApartToCapacity(double seconds, double capacity, double otherSeconds, double otherCapacity, bool expected) =>
        Assert.Equal(expected, Figures(0, capacity, seconds).IsBetterThan(Figures(0, otherCapacity, otherSeconds), PlanObjective.Latency));

    [Fact]
    public void IsBetterThan_ByLatency_WantsTheLoadCarriedFirst()
    {
        var slowButStrong = Figures(0, 2, 20) with { CarriesLoad = true };
        Assert.True(slowButStrong.IsBetterThan(Figures(0, 1, 10), PlanObjective.Latency));
        Assert.False(Figures(0, 1, 10).IsBetterThan(slowButStrong, PlanObjective.Latency));
    }

    [Fact]
    public void IsBetterThan_ByGoodput_CountsWhatIsServedInTime()
    {
        var good = Figures(5, 1, 9) with { GoodputPerSecond = 0.8 };
        Assert.True(good.IsBetterThan(Figures(0, 2, 1) with { GoodputPerSecond = 0.5 }, PlanObjective.Goodput));
        Assert.False(good.IsBetterThan(Figures(5, 2, 9) with { GoodputPerSecond = 0.8 }, PlanObjective.Goodput));
    }

    [Fact]
    public void IsBetterThan_ByCapacity_CountsCapacityFirst() =>
        Assert.True(Figures(5, 1.001, 9).IsBetterThan(Figures(0, 1, 1), PlanObjective.Capacity));

    private static PlanFigures Figures(double wait, double capacity, double service) =>
        new() { MeanWaitSeconds = wait, CapacityPerSecond = capacity, ServiceSeconds = service };
}
