namespace E2LLM.Simulation.Workloads;

/// <summary>Draws lognormally distributed numbers.</summary>
internal static class LognormalSampler
{
    /// <param name="random">Where the randomness comes from.</param>
    /// <param name="mean">Above 0.</param>
    /// <param name="scv">Variance over the mean squared.</param>
    public static double Draw(Random random, double mean, double scv)
    {
        var variance = Math.Log(1 + scv);
        return mean * Math.Exp(Math.Sqrt(variance) * NormalSampler.Draw(random) - variance / 2);
    }
}
