using E2LLM.Cli.Simulating;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Experiments.Statistics;

namespace E2LLM.Cli.Tests.Simulating;

public sealed class IntervalTextTests
{
    [Theory]
    [InlineData(3.244, 0.111, "3.24 ±0.11 s")]
    [InlineData(0.0123, 0.0014, "12.3 ±1.4 ms")]
    [InlineData(0.000688, 0.000009, "688 ±9 µs")]
    [InlineData(147.2, 7.9, "147 ±8 s")]
    [InlineData(900, 60.0, "15.0 ±1.0 min")]
    [InlineData(0, 0.0, "0 s")]
    [InlineData(2.5, null, "2.50 s")]
    public void Seconds_MeanAndHalfWidth_AreInOneUnitToTheSameDigit(double mean, double? half, string text) =>
        Assert.Equal(text, IntervalText.Seconds(new MeanInterval(mean, half, 4)));

    [Theory]
    [InlineData(0.1, 2, 13.52, "0.1/2.0/13.5 s")]
    [InlineData(0, 0, 0.0002, "0/0/200 µs")]
    [InlineData(0, 0, 0, "0 s")]
    public void Percentiles_OfALatency_AreInTheUnitOfTheLast(double p50, double p90, double p99, string text)
    {
        static MeanInterval Alone(double value) => new(value, null, 1);

        Assert.Equal(text, IntervalText.Percentiles(new LatencyFigures(Alone(1), Alone(p50), Alone(p90), Alone(p99))));
    }
}
