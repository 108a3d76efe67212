using E2LLM.Scheduling.Admission;

namespace E2LLM.Scheduling.Tests.Admission;

public sealed class RateMeterTests
{
    [Fact]
    public void TokensPerSecond_NothingMeasured_IsZero() => Assert.Equal(0, new RateMeter().TokensPerSecond);

    [Fact]
    public void OnStep_SteadyLoad_GivesRowsOverSeconds()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 100, rows: 8, everySeconds: 0.1);

        Assert.Equal(80, meter.TokensPerSecond, 9);
    }

    [Fact]
    public void OnStep_NobodyWaits_CountsForNothing()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 100, rows: 8, everySeconds: 0.1);
        meter.OnStep(rows: 1, nowSeconds: 500, isLoaded: false);
        meter.OnStep(rows: 8, nowSeconds: 501, isLoaded: true); // since when it was loaded, nobody knows

        Assert.Equal(80, meter.TokensPerSecond, 9);
    }

    [Fact]
    public void OnStep_DeviceSlowsDown_FollowsWithinAMinute()
    {
        var meter = new RateMeter();
        Run(meter, fromSeconds: 0, steps: 1000, rows: 8, everySeconds: 0.1);
        Run(meter, fromSeconds: 100, steps: 150, rows: 8, everySeconds: 0.4);

        Assert.InRange(meter.TokensPerSecond, 20, 30);
    }

    private static void Run(RateMeter meter, double fromSeconds, int steps, int rows, double everySeconds)
    {
        for (var step = 0; step <= steps; step++)
            meter.OnStep(rows, fromSeconds + step * everySeconds, isLoaded: true);
    }
}
