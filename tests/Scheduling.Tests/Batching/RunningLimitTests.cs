using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class RunningLimitTests
{
    private double _nowSeconds;

    [Fact]
    public void Sequences_NoMinimum_StayHoweverSlowTheTokensAre()
    {
        var limit = new RunningLimit(16, 0, 10);

        Saturate(limit, 100, _ => 10);

        Assert.Equal(16, limit.Sequences);
    }

    [Theory]
    [InlineData(0.1, 16)]
    [InlineData(0.2, 8)]
    [InlineData(100, 1)]
    public void Sequences_Unmeasured_GoByThePlan(double plannedTokenSeconds, int expected) =>
        Assert.Equal(expected, new RunningLimit(16, 10, plannedTokenSeconds).Sequences);

    [Theory]
    [InlineData(0.020, 0.005, 10)] // 10 at 0.07 s: the largest at 1 / 14 s
    [InlineData(0.000, 0.010, 7)]
    [InlineData(0.060, 0.0005, 16)]
    [InlineData(0.065, 0.002, 3)]
    public void Sequences_TokensTooSlow_FallToTheMostThatKeepTheSpeed(double stepSeconds, double rowSeconds, int expected)
    {
        var limit = new RunningLimit(16, 14, 0);

        Saturate(limit, 300, running => stepSeconds + running * rowSeconds);

        // Once a minute one more is tried.
        Assert.InRange(limit.Sequences, expected, expected + 1);
        Assert.True(SecondsAbove(limit, 300, expected, running => stepSeconds + running * rowSeconds) < 0.1 * 300);
    }

    [Fact]
    public void Sequences_NothingHelps_OneRuns()
    {
        var limit = new RunningLimit(16, 14, 0);

        Saturate(limit, 100, _ => 1);

        Assert.Equal(1, limit.Sequences);
    }

    [Fact]
    public void Sequences_DeviceIsFastAgain_RiseToThePlans()
    {
        var limit = new RunningLimit(8, 10, 0);
        Saturate(limit, 60, running => 0.05 * running);
        Assert.InRange(limit.Sequences, 1, 3);

        Saturate(limit, 200, running => 0.005 * running);

        Assert.Equal(8, limit.Sequences);
    }

    [Fact]
    public void Sequences_FewRun_TheLimitStays()
    {
        var limit = new RunningLimit(8, 10, 0);

        for (var token = 0; token < 1000; token++)
            limit.OnToken(running: 2, 0.08, _nowSeconds += 0.04);

        Assert.Equal(8, limit.Sequences);
    }

    [Fact]
    public void Sequences_WhoStillRunsIsAboveTheLimit_DoesNotRaiseIt()
    {
        var limit = new RunningLimit(16, 10, 0);
        Tokens(limit, 16, 10, _ => 0.4);
        Assert.Equal(4, limit.Sequences);

        Tokens(limit, 16, 20, _ => 0.11);

        Assert.Equal(4, limit.Sequences);
    }

    [Fact]
    public void Pace_AMachineThatStoodStill_CountsLittle()
    {
        var pace = new TokenPace();
        for (var token = 0; token < 500; token++)
            pace.OnToken(4, 0.02, _nowSeconds += 0.005);
        Assert.Equal(0.02, pace.Seconds, 6);

        for (var token = 0; token < 32; token++)
            pace.OnToken(4, 0.02, _nowSeconds += 0.005);
        pace.OnToken(4, 100, _nowSeconds += 0.02);
        for (var token = 0; token < 500; token++)
            pace.OnToken(4, 0.02, _nowSeconds += 0.005);

        Assert.InRange(pace.Seconds, 0.02, 0.03);
        Assert.Equal(4, pace.Running);
    }

    /// <summary>As many run as may, for so long.</summary>
    private void Saturate(RunningLimit limit, double seconds, Func<int, double> tokenSeconds)
    {
        for (var end = _nowSeconds + seconds; _nowSeconds < end;)
            Step(limit, limit.Sequences, tokenSeconds);
    }

    private double SecondsAbove(RunningLimit limit, double seconds, int sequences, Func<int, double> tokenSeconds)
    {
        var above = 0.0;
        for (var end = _nowSeconds + seconds; _nowSeconds < end;)
        {
            var running = limit.Sequences;
            var before = _nowSeconds;
            Step(limit, running, tokenSeconds);
            above += running > sequences ? _nowSeconds - before : 0;
        }

        return above;
    }

    private void Tokens(RunningLimit limit, int running, double seconds, Func<int, double> tokenSeconds)
    {
        for (var end = _nowSeconds + seconds; _nowSeconds < end;)
            Step(limit, running, tokenSeconds);
    }

    private void Step(RunningLimit limit, int running, Func<int, double> tokenSeconds)
    {
        _nowSeconds += tokenSeconds(running);
        for (var sequence = 0; sequence < running; sequence++)
            limit.OnToken(running, tokenSeconds(running), _nowSeconds);
    }
}
