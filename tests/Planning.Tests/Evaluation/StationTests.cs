using E2LLM.Planning.Evaluation;

namespace E2LLM.Planning.Tests.Evaluation;

public class StationTests
{
    [Fact]
    public void Of_OneExponentialServer_IsMM1()
    {
        // rho / (1 - rho) services: 0.8 / 0.2 * 1 s.
        Assert.Equal(4, Station.Of(0.8, 1, 1, 1, 1, 1_000_000).WaitSeconds, 6);
    }

    [Fact]
    public void Of_ConstantService_WaitsHalfAsLong() =>
        Assert.Equal(2, Station.Of(0.8, 1, 1, 1, 0, 1_000_000).WaitSeconds, 6);

    [Fact]
    public void Of_HigherCapacity_AlwaysWaitsLessAndNeverWithoutEnd()
    {
        foreach (var servers in new[] { 1, 3, 40 })
        {
            var before = double.PositiveInfinity;
            for (var capacity = 0.01; capacity < 20; capacity *= 1.07)
            {
                var wait = Station.Of(1, capacity, servers, 1, 1, 100).WaitSeconds;
                Assert.True(wait < before && wait >= 0, $"capacity {capacity}, {servers} servers: {wait} after {before}");
                before = wait;
            }
        }
    }

    [Fact]
    public void Of_Overload_IsTheFluidMean()
    {
        // 100 requests at 2 a second, served at 1: the last waits 50 s, the mean 25 s, and a little for randomness.
        var station = Station.Of(2, 1, 4, 1, 1, 100);
        Assert.Equal(25, station.FluidSeconds, 9);
        Assert.InRange(station.WaitSeconds, 25, 40);
    }

    [Fact]
    public void Of_NoLoad_WaitsNothing() => Assert.Equal(0, Station.Of(0, 1, 1, 1, 1, 100).WaitSeconds);

    [Theory]
    [InlineData(0.5)]
    [InlineData(3)]
    public void TailProbability_FallsFromTheDelayProbability(double load)
    {
        var station = Station.Of(load, 1, 2, 1, 1, 100);
        Assert.InRange(station.TailProbability(0), 0.1, 1);
        Assert.InRange(station.TailProbability(1000), 0, 1e-6);
        Assert.True(station.TailProbability(1) >= station.TailProbability(2));
    }
}
