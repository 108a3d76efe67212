using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Simulation.Tests.Experiments;

public sealed class MeanIntervalTests
{
    /// <summary>Mean 5, deviation sqrt(32 / 7) = 2.13809, t(7) = 2.364624: 2.364624 * 2.13809 / sqrt(8) = 1.787487.</summary>
    [Fact]
    public void Of_EightValues_IsTheIntervalThatIsWorkedOutByHand()
    {
        var interval = MeanInterval.Of([2, 4, 4, 4, 5, 5, 7, 9]);

        Assert.Equal(5, interval.Mean);
        Assert.Equal(1.787487, interval.HalfWidth!.Value, 5);
        Assert.Equal((8, 5 - interval.HalfWidth.Value, 5 + interval.HalfWidth.Value), (interval.Count, interval.Low, interval.High));
    }

    [Fact]
    public void Of_OneValue_SaysNothingOfOthers() => Assert.Equal(new MeanInterval(3, null, 1), MeanInterval.Of([3]));

    [Fact]
    public void OfDifferences_RunsThatVaryAlike_IsNarrowerThanEitherMean()
    {
        double[] first = [1.1, 5.2, 9.0, 3.1], second = [1.0, 5.0, 9.1, 3.0];

        var difference = MeanInterval.OfDifferences(first, second);

        Assert.Equal(0.075, difference.Mean, 12);
        Assert.True(difference.HalfWidth < 0.1 * MeanInterval.Of(first).HalfWidth);
    }

    [Fact]
    public void OfDifferences_OtherNumbersOfRuns_AreRefused() => Assert.Throws<ArgumentException>(() => MeanInterval.OfDifferences([1, 2], [1]));

    /// <summary>From the table of a book.</summary>
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(4, 2.776)]
    [InlineData(10, 2.228)]
    [InlineData(11, 2.201)]
    [InlineData(30, 2.042)]
    [InlineData(31, 2.040)]
    [InlineData(40, 2.021)]
    [InlineData(60, 2.000)]
    [InlineData(120, 1.980)]
    [InlineData(1_000_000, 1.960)]
    public void StudentT_DegreesOfFreedom_IsThatOfTheTable(int degrees, double t) => Assert.Equal(t, StudentT.Of(degrees), 3);
}
