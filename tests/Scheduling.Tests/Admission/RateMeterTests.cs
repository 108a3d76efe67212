using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Tests.Admission;

public sealed class RateMeterTests
{
    [Fact]
    public void TokensPerSecond_NothingMeasured_IsZero() => Assert.Equal(0, new RateMeter().TokensPerSecond(nowSeconds: 5));

    [Fact]
    public void OnStep_SteadyLoad_GivesRowsOverSeconds()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 100, rows: 8, everySeconds: 0.1);

        Assert.Equal(80, meter.TokensPerSecond(10), 9);
    }

    [Fact]
    public void OnStep_NobodyWaits_CountsForNothing()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 100, rows: 8, everySeconds: 0.1);
        meter.OnStep(rows: 1, nowSeconds: 50, isLoaded: false);
        meter.OnStep(rows: 8, nowSeconds: 51, isLoaded: true); // since when it was loaded, nobody knows

        Assert.Equal(80, meter.TokensPerSecond(51), 9);
    }

    [Fact]
    public void OnStep_MachineStoodStill_IsNoSlowReplica()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 100, rows: 8, everySeconds: 0.1);
        meter.OnStep(rows: 8, nowSeconds: 18, isLoaded: true);
        Run(meter, fromSeconds: 18.1, steps: 20, rows: 8, everySeconds: 0.1);

        Assert.InRange(meter.TokensPerSecond(21), 70, 80);
    }

    [Fact]
    public void TokensPerSecond_NotMeasuredForMinutes_IsForgotten()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 1000, rows: 8, everySeconds: 0.1);

        Assert.Equal(80, meter.TokensPerSecond(160), 9);
        Assert.Equal(0, meter.TokensPerSecond(250));
    }

    [Fact]
    public void OnStep_DeviceSlowsDown_FollowsWithinAMinute()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 1000, rows: 8, everySeconds: 0.1);
        Run(meter, fromSeconds: 100, steps: 150, rows: 8, everySeconds: 0.4);

        Assert.InRange(meter.TokensPerSecond(160), 20, 30);
    }

    private static void Run(RateMeter meter, double fromSeconds, int steps, int rows, double everySeconds)
    {
        for (var step = 0; step <= steps; step++)
            meter.OnStep(rows, fromSeconds + step * everySeconds, isLoaded: true);
    }
}
