using E2LLM.Planning.Baselines;
using E2LLM.Planning.Genetic;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.E2Llm;

/// <summary>Plans to start from: every baseline's, so that the search never ends below one; of a large fleet those that take no search.</summary>
internal static class Starts
{
    /// <summary>Devices beyond which the searching baselines take long and end far below the relaxation's plan.</summary>
    private const int MaxSearchedDevices = 80;

    public static IEnumerable<IReadOnlyList<GroupPlan>> Of(PlanningContext context) => PlannerRegistry.Baselines
        .Where(planner => context.Serving.Fleet.DeviceCount <= MaxSearchedDevices || planner is not (PaperPlanner or HexGen2Planner))
        .Select(planner =>
        {
            context.Progress?.Report($"starting from {planner.Name}");
            return planner.Search(context);
        });
}
