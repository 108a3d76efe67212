using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Explanation;

namespace E2LLM.Cli.Planning;

/// <summary>What one planner came to: a plan and its explanation, or why there is none.</summary>
internal sealed record PlannedOutcome(string Planner, ServingPlan? Plan, PlanExplanation? Explanation, string? Refusal)
{
    public static PlannedOutcome Of(PlanRequest request, PlanOutcome outcome) => new(
        outcome.Planner, outcome.Plan, outcome.Plan is { } plan ? PlanExplainer.Explain(request, plan) : null, outcome.Refusal);
}
