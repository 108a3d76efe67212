using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Experiments.Sources;

/// <summary>
/// Requests drawn from a trace with replacement: prompt and answer together, as they belong together there (bootstrap). Gaps are gamma
/// distributed.
/// </summary>
public sealed class ResampledTrace : IRequestSource
{
    private readonly IReadOnlyList<TraceRequest> _trace;

    /// <param name="trace">In the order of their times; at least 2.</param>
    /// <param name="name">The workload's name.</param>
    /// <param name="source">Where the requests came from, for messages.</param>
    /// <param name="arrivalScv">Variability of the gaps; null: that of the trace.</param>
    /// <exception cref="ConfigurationException">The requests give no rate: there are fewer than 2, or all at once.</exception>
    public ResampledTrace(IReadOnlyList<TraceRequest> trace, string name, string source, double? arrivalScv = null)
    {
        var workload = TraceWorkload.Of(trace, name, source);
        (_trace, Workload) = (trace, workload with { ArrivalScv = arrivalScv ?? workload.ArrivalScv });
    }

    public WorkloadSpec Workload { get; }

    public int? Available => null;

    public bool IsDrawn => true;

    public SimulatedRequest[] Take(double requestsPerSecond, int requests, int seed)
    {
        // A stream of its own for each, as in WorkloadSampler: another rate leaves the lengths alone.
        var (gaps, picks) = (new Random(seed), new Random(seed ^ 0x2545f491));
        var drawn = new SimulatedRequest[requests];
        var seconds = 0.0;
        for (var index = 0; index < requests; index++)
        {
            if (index > 0)
                seconds += GammaSampler.Draw(gaps, 1 / requestsPerSecond, Workload.ArrivalScv);
            var picked = _trace[picks.Next(_trace.Count)];
            drawn[index] = new SimulatedRequest(seconds, picked.PromptTokens, picked.AnswerTokens);
        }
        return drawn;
    }
}
