using System.Collections.Immutable;

namespace E2LLM.Core.Plans;

/// <summary>How a fleet serves a model: replicas, their roles, and which device holds which layers.</summary>
[GenerateSerializer, Alias("E2LLM.ServingPlan"), Immutable]
public sealed record ServingPlan
{
    /// <summary>Counts the plans of a model; a stage refuses steps of an older one.</summary>
    [Id(0)] public long Generation { get; init; }

    [Id(1)] public required string ModelId { get; init; }

    /// <summary>The planner's name.</summary>
    [Id(2)] public required string Planner { get; init; }

    [Id(3)] public required ImmutableArray<ReplicaPlan> Replicas { get; init; }

    [Id(4)] public ImmutableArray<UnusedDevice> Unused { get; init; } = [];

    [Id(5)] public int Seed { get; init; }

    /// <summary>Null where the planner predicts nothing.</summary>
    [Id(6)] public PlanPrediction? Prediction { get; init; }

    /// <summary>One for each objective that something could be proved about.</summary>
    [Id(7)] public ImmutableArray<PlanCertificate> Certificates { get; init; } = [];

    /// <summary>What it was chosen for; null where the planner does not say.</summary>
    [Id(8)] public PlanObjective? Objective { get; init; }

    /// <summary>Why that was the objective, and what the other choices would have brought: sentences without a full stop.</summary>
    [Id(9)] public ImmutableArray<string> Reasons { get; init; } = [];
}
