using E2LLM.Core.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Experiments.Sources;

/// <summary>Requests drawn by the moments of a workload: gamma gaps and lengths, prompts and answers independent of each other.</summary>
/// <param name="workload">Rate, mean lengths and how much they vary.</param>
public sealed class DrawnRequests(WorkloadSpec workload) : IRequestSource
{
    /// <summary>No prompt is as long.</summary>
    private const int Uncut = 1 << 30;

    public WorkloadSpec Workload => workload;

    public int? Available => null;

    public bool IsDrawn => true;

    public SimulatedRequest[] Take(double requestsPerSecond, int requests, int seed) =>
        WorkloadSampler.Draw(workload with { RequestsPerSecond = requestsPerSecond }, requests, seed, Uncut);
}
