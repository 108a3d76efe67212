using E2LLM.Core.Errors;
using E2LLM.Core.Workloads;
using E2LLM.Planning.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Experiments.Sources;

/// <summary>The requests of a trace in their order, with their lengths. Another rate stretches all gaps alike.</summary>
public sealed class ReplayedTrace : IRequestSource
{
    private readonly IReadOnlyList<TraceRequest> _trace;

    /// <param name="trace">In the order of their times; at least 2.</param>
    /// <param name="name">The workload's name.</param>
    /// <param name="source">Where the requests came from, for messages.</param>
    /// <exception cref="ConfigurationException">The requests give no rate: there are fewer than 2, or all at once.</exception>
    public ReplayedTrace(IReadOnlyList<TraceRequest> trace, string name, string source) =>
        (_trace, Workload) = (trace, TraceWorkload.Of(trace, name, source));

    public WorkloadSpec Workload { get; }

    public int? Available => _trace.Count;

    public bool IsDrawn => false;

    public SimulatedRequest[] Take(double requestsPerSecond, int requests, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(requests, _trace.Count);
        var scale = requestsPerSecond / Workload.RequestsPerSecond;
        return [.. _trace.Take(requests).Select(request => new SimulatedRequest(request.AtSeconds / scale, request.PromptTokens, request.AnswerTokens))];
    }
}
