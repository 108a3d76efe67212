using E2LLM.Cli.Bench.Arrivals;

namespace E2LLM.Cli.Tests.Bench.Arrivals;

public sealed class ArrivalTimesTests
{
    private const int Gaps = 200_000;

    [Theory]
    [InlineData(nameof(ArrivalPattern.Constant), 1, 0)]
    [InlineData(nameof(ArrivalPattern.Poisson), 1, 1)]
    [InlineData(nameof(ArrivalPattern.Gamma), 0.25, 2)]
    [InlineData(nameof(ArrivalPattern.Gamma), 1, 1)]
    [InlineData(nameof(ArrivalPattern.Gamma), 4, 0.5)]
    public void Seconds_OfAPattern_HaveItsRateAndVariation(string pattern, double burstiness, double coefficientOfVariation)
    {
        const double requestsPerSecond = 5;

        var gaps = GapsOf(ArrivalTimes.Seconds(Enum.Parse<ArrivalPattern>(pattern), requestsPerSecond, burstiness, new Random(7)).Take(Gaps + 1));

        var mean = gaps.Average();
        var deviation = Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean)));
        Assert.Equal(1 / requestsPerSecond, mean, 0.02 / requestsPerSecond);
        Assert.Equal(coefficientOfVariation, deviation / mean, 0.03);
    }

    [Fact]
    public void Seconds_SameSeed_AreTheSameAndBeginAtZero()
    {
        var first = ArrivalTimes.Seconds(ArrivalPattern.Gamma, 2, 0.5, new Random(1)).Take(100).ToArray();
        var again = ArrivalTimes.Seconds(ArrivalPattern.Gamma, 2, 0.5, new Random(1)).Take(100).ToArray();
        var other = ArrivalTimes.Seconds(ArrivalPattern.Gamma, 2, 0.5, new Random(2)).Take(100).ToArray();

        Assert.Equal(0, first[0]);
        Assert.Equal(first.Order(), first);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    private static double[] GapsOf(IEnumerable<double> times)
    {
        var all = times.ToArray();
        return [.. all.Zip(all.Skip(1), (before, after) => after - before)];
    }
}
