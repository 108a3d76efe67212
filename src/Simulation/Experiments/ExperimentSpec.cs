using E2LLM.Core.Plans;
using E2LLM.Simulation.Churn;
using E2LLM.Simulation.Experiments.Sources;

namespace E2LLM.Simulation.Experiments;

/// <summary>What is compared: planners at rates, each over several draws of requests.</summary>
public sealed record ExperimentSpec
{
    /// <summary>
    /// First of the seeds with which requests are drawn. The judge of planner "e2llm" draws with the first few; a plan is not to be praised for
    /// the draws that it was chosen by.
    /// </summary>
    public const int DefaultFirstSeed = 101;

    /// <summary>Fleet, model, profiles, objective, targets. Its workload is replaced by that of the source, at each rate.</summary>
    public required PlanRequest Request { get; init; }

    public required IRequestSource Source { get; init; }

    /// <summary>Names of the planner registry, in the order of the cells.</summary>
    public required IReadOnlyList<string> Planners { get; init; }

    /// <summary>Requests that arrive in a second, in the order of the cells.</summary>
    public required IReadOnlyList<double> Rates { get; init; }

    /// <summary>Of a run; also the horizon that is planned for.</summary>
    public required int Requests { get; init; }

    /// <summary>Runs of a cell, each with requests of its own; the same for all planners. 1 where the source is not drawn.</summary>
    public int Seeds { get; init; } = 1;

    public int FirstSeed { get; init; } = DefaultFirstSeed;

    /// <summary>Of all planners; null: the best of each's own, of <see cref="PlannerPolicies"/>.</summary>
    public string? RoutingPolicy { get; init; }

    /// <summary>What happens to devices in every run; empty: the fleet stays as it is. None joins that has not left before, as all plan with the whole fleet.</summary>
    public IReadOnlyList<FleetEvent> FleetEvents { get; init; } = [];

    /// <summary>Runs at once; -1: as many as there are cores. The figures do not depend on it.</summary>
    public int MaxThreads { get; init; } = -1;
}
