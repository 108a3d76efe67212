using System.Collections.Concurrent;
using E2LLM.Core.Plans;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Judging;

/// <summary>
/// Trials that remember: a plan that a judge has simulated is not simulated again for a table. Plans that serve in the same way are one,
/// whoever made them. Thread-safe; for as long as a request is looked at.
/// </summary>
/// <param name="options">How plans are served.</param>
public sealed class PlanTrials(SimulationOptions options)
{
    private readonly ConcurrentDictionary<(PlanRequest Request, string Replicas, int Seed), SimulationResult> _results = [];

    /// <summary>Trials that were run.</summary>
    public int Count => _results.Count;

    /// <inheritdoc cref="PlanTrial.Run"/>
    public SimulationResult Run(PlanRequest request, ServingPlan plan, int seed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        // Two threads may run one trial at the same moment; both come to the same. A run that was ended early leaves nothing.
        // What a plan was made for changes nothing of what it does.
        return _results.GetOrAdd((request with { Objective = default }, Replicas(plan), seed), _ => PlanTrial.Run(request, plan, seed, options, cancellationToken));
    }

    /// <summary>All that a simulation knows of a plan, whatever members it has: numbers print in full.</summary>
    private static string Replicas(ServingPlan plan) =>
        string.Join('|', plan.Replicas.Select(replica => $"{replica}: {string.Join(';', replica.Stages)}"));
}
