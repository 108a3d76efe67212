namespace E2LLM.Core.Plans.Documents;

/// <summary>The answer of GET /v1/plan: one plan a model. Written and read with <see cref="PlanJson.Http"/>.</summary>
public sealed record ServedPlans
{
    public required IReadOnlyList<ServedPlan> Models { get; init; }
}
