namespace E2LLM.Simulation.Workloads;

/// <summary>Draws gamma distributed numbers by Marsaglia and Tsang 2000; a shape below 1 by one more power of a uniform.</summary>
internal static class GammaSampler
{
    /// <param name="random">Where the randomness comes from.</param>
    /// <param name="mean">Above 0.</param>
    /// <param name="scv">Variance over the mean squared: 1 is exponential, 0 always the mean.</param>
    public static double Draw(Random random, double mean, double scv)
    {
        if (scv <= 0)
            return mean;
        var shape = 1 / scv;
        if (scv == 1)
            return -mean * Math.Log(1 - random.NextDouble());
        var (boost, wanted) = shape < 1 ? (Math.Pow(1 - random.NextDouble(), 1 / shape), shape + 1) : (1, shape);
        var d = wanted - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var normal = NormalSampler.Draw(random);
            var cubed = Math.Pow(1 + c * normal, 3);
            if (cubed > 0 && Math.Log(1 - random.NextDouble()) < 0.5 * normal * normal + d * (1 - cubed + Math.Log(cubed)))
                return boost * d * cubed * mean / shape;
        }
    }
}
