namespace E2LLM.Cli.Bench.Arrivals;

/// <summary>When the requests of an open loop are due. Same seed, same times.</summary>
internal static class ArrivalTimes
{
    /// <summary>Seconds after the start of the load, without end; the first request is due at once.</summary>
    /// <param name="burstiness">Shape of the gamma distribution; the other patterns do not look at it.</param>
    public static IEnumerable<double> Seconds(ArrivalPattern pattern, double requestsPerSecond, double burstiness, Random random)
    {
        for (var seconds = 0.0; ; seconds += Gap(pattern, burstiness, random) / requestsPerSecond)
            yield return seconds;
    }

    /// <summary>A gap of mean 1.</summary>
    private static double Gap(ArrivalPattern pattern, double burstiness, Random random) => pattern switch
    {
        ArrivalPattern.Constant => 1,
        ArrivalPattern.Poisson => -Math.Log(1 - random.NextDouble()),
        ArrivalPattern.Gamma => GammaDistribution.Sample(burstiness, random) / burstiness,
        _ => throw new ArgumentOutOfRangeException(nameof(pattern), pattern, null),
    };
}
