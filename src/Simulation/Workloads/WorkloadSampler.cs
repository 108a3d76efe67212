using E2LLM.Core.Workloads;

namespace E2LLM.Simulation.Workloads;

/// <summary>Draws requests as a workload describes them: gaps and lengths are gamma distributed, by mean and squared coefficient of variation.</summary>
public static class WorkloadSampler
{
    /// <param name="workload">Rate and lengths.</param>
    /// <param name="requests">How many.</param>
    /// <param name="seed">The same seed gives the same requests.</param>
    /// <param name="maxTokens">Prompt and answer together are cut to this.</param>
    public static SimulatedRequest[] Draw(WorkloadSpec workload, int requests, int seed, int maxTokens)
    {
        // Streams of their own: another rate leaves the lengths alone.
        var (gaps, inputs, outputs) = (new Random(seed), new Random(seed ^ 0x5bd1e995), new Random(seed ^ 0x1b873593));
        var drawn = new SimulatedRequest[requests];
        var seconds = 0.0;
        for (var index = 0; index < requests; index++)
        {
            if (index > 0)
                seconds += Gamma(gaps, 1 / workload.RequestsPerSecond, workload.ArrivalScv);
            var prompt = Tokens(inputs, workload.MeanInputTokens, workload.InputTokensScv, maxTokens - 1);
            drawn[index] = new SimulatedRequest(seconds, prompt, Tokens(outputs, workload.MeanOutputTokens, workload.OutputTokensScv, maxTokens - prompt));
        }
        return drawn;
    }

    private static int Tokens(Random random, double mean, double scv, int most) => (int)Math.Clamp(Math.Round(Gamma(random, mean, scv)), 1, most);

    // Marsaglia and Tsang 2000; a shape below 1 by one more power of a uniform.
    private static double Gamma(Random random, double mean, double scv)
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
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var cubed = Math.Pow(1 + c * normal, 3);
            if (cubed > 0 && Math.Log(1 - random.NextDouble()) < 0.5 * normal * normal + d * (1 - cubed + Math.Log(cubed)))
                return boost * d * cubed * mean / shape;
        }
    }
}
