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
                seconds += GammaSampler.Draw(gaps, 1 / workload.RequestsPerSecond, workload.ArrivalScv);
            var prompt = Tokens(inputs, workload.MeanInputTokens, workload.InputTokensScv, maxTokens - 1);
            drawn[index] = new SimulatedRequest(seconds, prompt, Tokens(outputs, workload.MeanOutputTokens, workload.OutputTokensScv, maxTokens - prompt));
        }
        return drawn;
    }

    private static int Tokens(Random random, double mean, double scv, int most) => (int)Math.Clamp(Math.Round(GammaSampler.Draw(random, mean, scv)), 1, most);
}
