using E2LLM.Core.Plans;
using E2LLM.Planning.Comparison;
using E2LLM.Planning.E2Llm;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Ablations;

/// <summary>Planner "e2llm" without one of its parts: its plan, with the figures that it has on the real fleet.</summary>
internal sealed class AblatedPlanner(Ablation ablation, IPlanJudge? judge) : IPlanner
{
    public string Name => ablation.Name;

    public ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken)
    {
        var plan = new E2LlmPlanner(ablation.IsJudged ? judge : null).Plan(ablation.Without(request), cancellationToken);
        return PlanPricer.Price(new PlanningContext(request, cancellationToken), plan, certify: false) with { Planner = Name };
    }
}
