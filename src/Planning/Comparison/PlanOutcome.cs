using E2LLM.Core.Plans;

namespace E2LLM.Planning.Comparison;

/// <summary>What a planner made of a request.</summary>
/// <param name="Planner">Its name.</param>
/// <param name="Plan">Null where it found none.</param>
/// <param name="Refusal">Why it found none; null where it found one.</param>
public sealed record PlanOutcome(string Planner, ServingPlan? Plan, string? Refusal);
