using E2LLM.Core.Statistics;
using E2LLM.Core.Tests.Serialization;

namespace E2LLM.Core.Tests.Statistics;

public sealed class LogHistogramTests
{
    private const double Tolerance = LogHistogram.RelativeError + 1e-9;

    private static readonly double[] Percents = [0.1, 1, 10, 50, 90, 99, 99.9, 100];

    public static TheoryData<string, double[]> Samples
    {
        get
        {
            var random = new Random(42);
            double[] Draw(int count, Func<double, double> shape) => [.. Enumerable.Range(0, count).Select(_ => shape(random.NextDouble()))];
            return new()
            {
                { "one", [0.0123] },
                { "two", [1e-3, 10] },
                { "uniform", Draw(10_000, u => u) },
                { "exponential", Draw(10_000, u => -Math.Log(1 - u) * 0.05) },
                { "heavy tail", Draw(10_000, u => 1e-4 / Math.Pow(1 - u, 1.5)) },
                { "whole range", Draw(10_000, u => 1e-5 * Math.Pow(8.6e9, u)) },
                { "two humps", Draw(10_000, u => u < 0.9 ? 0.01 + u / 1000 : 5 + u) },
                { "all the same", Draw(1000, _ => 0.25) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Percentile_AnyDistribution_IsWithinTwoPercentOfTheExactOne(string name, double[] values)
    {
        var histogram = Of(values);

        double[] sorted = [.. values.Order()];
        foreach (var percent in Percents)
        {
            var exact = sorted[(int)Math.Ceiling(percent * sorted.Length / 100) - 1];
            var estimate = histogram.Percentile(percent);
            Assert.True(Math.Abs(estimate - exact) <= Tolerance * exact, $"{name}: p{percent} is {exact}, estimated as {estimate}");
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Summarize_AnyDistribution_CountsMeanAndMaximumExactly(string name, double[] values)
    {
        var summary = Of(values).Summarize()!;

        Assert.True(values.Length == summary.Count, name);
        Assert.Equal(values.Max(), summary.Max);
        Assert.Equal(values.Average(), summary.Mean, values.Average() * 1e-9);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Merge_PartsOverTheWire_GiveTheWhole(string name, double[] values)
    {
        var merged = LogHistogram.OfSeconds();
        foreach (var part in values.Chunk(777).Append([]))
            merged.Merge(WireSerializer.Send(Of(part).ToSnapshot()));

        var whole = Of(values);
        Assert.True(merged.Count == whole.Count, name);
        Assert.Equal(Percents.Select(whole.Percentile), Percents.Select(merged.Percentile));
        Assert.Equal(whole.ToSnapshot().Counts.AsEnumerable(), merged.ToSnapshot().Counts);
        Assert.Equal(whole.Summarize()!.Mean, merged.Summarize()!.Mean, 1e-9 * values.Average());
    }

    [Fact]
    public void Percentile_BeyondTheRange_StaysBetweenLeastAndGreatest()
    {
        var histogram = Of([0, 0, 2e-6, 1e7]);

        Assert.Equal((0, 0, 1e7), (histogram.Percentile(50), histogram.Percentile(75), histogram.Percentile(100)));
        Assert.Equal(2e-6, Of([2e-6, 3e-6]).Percentile(50));
    }

    [Fact]
    public void Percentile_Bytes_AreWithinTwoPercentToo()
    {
        var histogram = LogHistogram.OfBytes();
        histogram.Add(1);
        histogram.Add(123_456_789);
        histogram.Add(1e12);

        Assert.Equal(123_456_789, histogram.Percentile(50), 123_456_789 * Tolerance);
    }

    [Fact]
    public void ToSnapshot_MillionsOfValues_StaysSmall()
    {
        var histogram = LogHistogram.OfSeconds();
        var random = new Random(1);
        for (var value = 0; value < 2_000_000; value++)
            histogram.Add(Math.Exp(random.NextDouble() * 60 - 30));

        Assert.InRange(histogram.ToSnapshot().Buckets.Length, 1, 600);
    }

    [Fact]
    public void Summarize_NoValue_IsNull()
    {
        Assert.Null(LogHistogram.OfSeconds().Summarize());
        Assert.Throws<InvalidOperationException>(() => LogHistogram.OfSeconds().Percentile(50));
    }

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Add_NoFiniteValueOfZeroOrMore_IsRefused(double value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => LogHistogram.OfSeconds().Add(value));

    [Fact]
    public void Merge_AnotherRange_IsRefused() =>
        Assert.Throws<ArgumentException>(() => LogHistogram.OfSeconds().Merge(LogHistogram.OfBytes().ToSnapshot()));

    private static LogHistogram Of(IEnumerable<double> values)
    {
        var histogram = LogHistogram.OfSeconds();
        foreach (var value in values)
            histogram.Add(value);
        return histogram;
    }
}
