using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Explanation;

/// <summary>Why a plan is as it is: for a table, a page or a log, without any formatting of its own.</summary>
public sealed record PlanExplanation
{
    public required string Planner { get; init; }

    public required string ModelId { get; init; }

    public required ImmutableArray<ReplicaExplanation> Replicas { get; init; }

    public required ImmutableArray<UnusedDevice> Unused { get; init; }

    /// <summary>Null where the planner predicts nothing.</summary>
    public required PlanPrediction? Prediction { get; init; }

    public required ImmutableArray<PlanCertificate> Certificates { get; init; }

    /// <summary>A sentence on what limits the whole plan, and one for each certificate.</summary>
    public required ImmutableArray<string> Findings { get; init; }
}
