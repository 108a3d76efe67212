using E2LLM.Core.Engines;
using E2LLM.Scheduling.Protocols.Stages;

namespace E2LLM.Scheduling.Tests.Protocols.Stages;

public sealed class StepWatchTests
{
    /// <summary>2 s for any step, 1 s a row, 10 s at most.</summary>
    private static readonly StepTimeLimit Limit = new(MinSeconds: 2, SecondsPerRow: 1, MaxSeconds: 10);

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(5, 5)]
    [InlineData(500, 10)]
    public void Seconds_OfAStep_GrowWithItsRowsBetweenTheBounds(int rows, double expected) => Assert.Equal(expected, Limit.Seconds(rows));

    [Fact]
    public void Overdue_NothingInTheEngine_IsNull() => Assert.Null(new StepWatch(Limit).Overdue(1e9));

    [Fact]
    public void Overdue_StepWithinItsTime_IsNull()
    {
        var watch = new StepWatch(Limit);
        watch.Begin(step: 7, rows: 5, nowSeconds: 100);

        Assert.Null(watch.Overdue(105));
        Assert.Equal((7, 6, 5), watch.Overdue(106));
    }

    [Fact]
    public void Overdue_StepBehindAnother_CountsFromTheEndOfThat()
    {
        var watch = new StepWatch(Limit);
        watch.Begin(step: 1, rows: 9, nowSeconds: 0);
        watch.Begin(step: 2, rows: 1, nowSeconds: 0);
        watch.End(step: 1, nowSeconds: 8);

        Assert.Null(watch.Overdue(9.5));
        Assert.Equal(2, watch.Overdue(11)?.Step);
    }

    [Fact]
    public void End_OfStepsThatWereDroppedBehindAHungOne_LeavesThatOverdue()
    {
        var watch = new StepWatch(Limit);
        watch.Begin(step: 1, rows: 1, nowSeconds: 0);
        watch.Begin(step: 2, rows: 1, nowSeconds: 0);
        watch.End(step: 2, nowSeconds: 50);

        Assert.Equal((1, 60, 2), watch.Overdue(60));
    }
}
