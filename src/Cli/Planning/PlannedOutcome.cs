using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.Explanation;
using E2LLM.Simulation.Judging;

namespace E2LLM.Cli.Planning;

/// <summary>What one planner came to: a plan, its explanation and what it did in simulations, or why there is none.</summary>
internal sealed record PlannedOutcome(string Planner, ServingPlan? Plan, PlanExplanation? Explanation, TrialFigures? Simulated, string? Refusal)
{
    public static PlannedOutcome Of(PlanRequest request, PlanOutcome outcome, PlanTrials trials, CancellationToken cancellationToken) => outcome.Plan is { } plan
        ? new PlannedOutcome(
            outcome.Planner, plan, PlanExplainer.Explain(request, plan), TrialFigures.Of(request, plan, trials, cancellationToken), null)
        : new PlannedOutcome(outcome.Planner, null, null, null, outcome.Refusal);
}
