using E2LLM.Cli.Simulating.Plots;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class TimelineBinsTests
{
    private const double Step = 0.05;

    [Fact]
    public void Merge_Intervals_AreSharesOfTheirBinsWithTheKindThatTookMost()
    {
        // Bins of one second: 0.5 of kind 0 and 0.25 of kind 1, nothing, 1 of kind 2.
        var bars = new TimelineBins(3, 3).Merge([(0, 0.5, 0), (0.5, 0.75, 1), (2, 3, 2)], Step);

        Assert.Equal([(0, 1, 0.75, 0), (2, 3, 1, 2)], Rounded(bars));
    }

    [Fact]
    public void Merge_AnIntervalOverSeveralBins_IsOneBar() =>
        Assert.Equal([(1, 4, 1, 0)], Rounded(new TimelineBins(5, 5).Merge([(1, 4, 0)], Step)));

    [Fact]
    public void Merge_AMoment_IsStillSeen() => Assert.Equal([(0, 1, Step, 3)], Rounded(new TimelineBins(10, 10).Merge([(0.5, 0.5001, 3)], Step)));

    [Fact]
    public void Merge_Nothing_IsNothing() => Assert.Empty(new TimelineBins(1, 4).Merge([], Step));

    private static IEnumerable<(double, double, double, int)> Rounded(IEnumerable<(double From, double To, double Share, int Kind)> bars) =>
        bars.Select(bar => (Math.Round(bar.From, 9), Math.Round(bar.To, 9), Math.Round(bar.Share, 9), bar.Kind));
}
