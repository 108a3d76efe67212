using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Simulation.Experiments.Figures;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Experiments;

/// <summary>One planner at one rate.</summary>
public sealed record ExperimentCell
{
    public required string Planner { get; init; }

    public required double RequestsPerSecond { get; init; }

    /// <summary>What was planned, at this rate.</summary>
    public required PlanRequest Request { get; init; }

    /// <summary>What the plan was served by; empty without a plan.</summary>
    public required string RoutingPolicy { get; init; }

    /// <summary>Null where the planner found none.</summary>
    public ServingPlan? Plan { get; init; }

    /// <summary>Why it found none; null where it found one.</summary>
    public string? Refusal { get; init; }

    /// <summary>One a seed, in the order of the seeds; none without a plan.</summary>
    public ImmutableArray<SimulationResult> Runs { get; init; } = [];

    /// <summary>Null without a plan.</summary>
    public CellFigures? Figures { get; init; }

    /// <summary>Longest request that all plans of the rate hold, prompt and answer.</summary>
    public int MaxTokens { get; init; }

    /// <summary>Requests of all runs together that were longer, and were cut to that.</summary>
    public int CutRequests { get; init; }
}
