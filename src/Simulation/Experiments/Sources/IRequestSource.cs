using E2LLM.Core.Workloads;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Experiments.Sources;

/// <summary>Where the requests of an experiment come from.</summary>
public interface IRequestSource
{
    /// <summary>The requests as planners see them, at the source's own rate.</summary>
    WorkloadSpec Workload { get; }

    /// <summary>How many requests there are at most; null: as many as are wanted.</summary>
    int? Available { get; }

    /// <summary>Whether another seed gives other requests.</summary>
    bool IsDrawn { get; }

    /// <param name="requestsPerSecond">Mean rate; lengths do not depend on it.</param>
    /// <param name="requests">How many, <see cref="Available"/> at most.</param>
    /// <param name="seed">The same seed gives the same requests.</param>
    /// <returns>In the order of arrival, the first at 0 s; none is cut.</returns>
    SimulatedRequest[] Take(double requestsPerSecond, int requests, int seed);
}
