namespace E2LLM.Cli.Bench.Arrivals;

/// <summary>Draws by Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).</summary>
internal static class GammaDistribution
{
    /// <summary>A value of mean and variance <paramref name="shape"/>, which is above 0; the scale is 1.</summary>
    public static double Sample(double shape, Random random)
    {
        // The method needs a shape of at least 1; a smaller one is brought there and back.
        if (shape < 1)
            return Sample(shape + 1, random) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var normal = Normal(random);
            var root = 1 + (c * normal);
            if (root <= 0)
                continue;
            var cube = root * root * root;
            if (Math.Log(1 - random.NextDouble()) < (normal * normal / 2) + d - (d * cube) + (d * Math.Log(cube)))
                return d * cube;
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
