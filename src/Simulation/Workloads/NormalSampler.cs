namespace E2LLM.Simulation.Workloads;

/// <summary>Draws normally distributed numbers of mean 0 and variance 1 by Box and Muller 1958: two uniforms each.</summary>
internal static class NormalSampler
{
    public static double Draw(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
