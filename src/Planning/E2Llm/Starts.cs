using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.E2Llm;

/// <summary>Plans to start from: every baseline's, so that the search never ends below one.</summary>
internal static class Starts
{
    public static IEnumerable<IReadOnlyList<GroupPlan>> Of(PlanningContext context) =>
        PlannerRegistry.Baselines.Select(planner => planner.Search(context));
}
