using E2LLM.Core.Workloads;

namespace E2LLM.Simulation.Workloads;

/// <summary>Draws the requests of a day: they come at random, at a rate that rises and falls as a sinusoid does. Lengths are those of the workload.</summary>
public static class DiurnalSampler
{
    public const double DaySeconds = 86_400;

    /// <param name="workload">Lengths and their variability; its rate does not matter.</param>
    /// <param name="least">Requests a second where they are fewest, twelve hours from the peak; 0 or more.</param>
    /// <param name="most">Requests a second at the peak; no less, and above 0.</param>
    /// <param name="peakSeconds">When most come, since midnight.</param>
    /// <param name="seconds">How long, from midnight on.</param>
    /// <param name="seed">The same seed gives the same requests.</param>
    /// <param name="maxTokens">Prompt and answer together are cut to this.</param>
    public static SimulatedRequest[] Draw(WorkloadSpec workload, double least, double most, double peakSeconds, double seconds, int seed, int maxTokens)
    {
        var random = new Random(seed ^ 0x2c1b3c6d);
        var arrivals = new List<double>();
        // Of arrivals at the highest rate as many are left out as the rate is lower at their time (Lewis and Shedler 1979).
        for (var at = Gap(); at < seconds; at += Gap())
            if (random.NextDouble() * most < Rate(at))
                arrivals.Add(at);
        var drawn = WorkloadSampler.Draw(workload with { RequestsPerSecond = most }, arrivals.Count, seed, maxTokens);
        return [.. drawn.Select((request, index) => request with { ArrivalSeconds = arrivals[index] })];

        double Gap() => -Math.Log(1 - random.NextDouble()) / most;

        double Rate(double at) => (least + most) / 2 + (most - least) / 2 * Math.Cos(2 * Math.PI * (at - peakSeconds) / DaySeconds);
    }
}
