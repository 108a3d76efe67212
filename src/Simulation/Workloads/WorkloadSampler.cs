using E2LLM.Core.Workloads;

namespace E2LLM.Simulation.Workloads;

/// <summary>
/// Draws requests as a workload describes them, by mean and squared coefficient of variation: gaps and lengths are gamma distributed, lengths that
/// vary more than exponential ones lognormally.
/// </summary>
/// <remarks>
/// A gamma of much spread has most of its numbers near 0. Of answers with a mean of 28 tokens and an SCV of 4.6, as of the Azure code trace, it would
/// make four in ten a single token, which no decoder is needed for; in the trace none has less than six. The lognormal's median, 90th and 99th
/// percentile are 12, 63 and 254 tokens, the trace's 13, 55 and 252.
/// </remarks>
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

    private static int Tokens(Random random, double mean, double scv, int most) =>
        (int)Math.Clamp(Math.Round(scv > 1 ? LognormalSampler.Draw(random, mean, scv) : GammaSampler.Draw(random, mean, scv)), 1, most);
}
