using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Tests.Bench.Measures;

public sealed class PercentileTests
{
    [Theory]
    [InlineData(1, 15)]
    [InlineData(20, 15)]
    [InlineData(21, 20)]
    [InlineData(40, 20)]
    [InlineData(50, 35)]
    [InlineData(100, 50)]
    public void NearestRank_FiveValues_IsOneOfThem(double percent, double value) =>
        Assert.Equal(value, Percentile.NearestRank([15, 20, 35, 40, 50], percent));

    [Fact]
    public void NearestRank_HundredValues_IsTheirNumber()
    {
        double[] values = [.. Enumerable.Range(1, 100).Select(value => (double)value)];

        Assert.All(Enumerable.Range(1, 100), percent => Assert.Equal(percent, Percentile.NearestRank(values, percent)));
    }

    [Fact]
    public void Summary_OfTenValues_IsWhatAHandComputes()
    {
        var summary = Summary.Of([10, 9, 8, 7, 6, 5, 4, 3, 2, 101]);

        Assert.Equal(new Summary { Count = 10, Mean = 15.5, P50 = 6, P90 = 10, P95 = 101, P99 = 101, Max = 101 }, summary);
    }

    [Fact]
    public void Summary_OfNothing_IsNull() => Assert.Null(Summary.Of([]));
}
