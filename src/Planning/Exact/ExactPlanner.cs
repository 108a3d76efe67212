using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Exact;

/// <summary>Looks at every plan of a small fleet, and refuses where it cannot look at enough to be certain that none is better.</summary>
/// <remarks>By capacity every order, cut and micro-batch counts; by wait every plan whose groups stand at their highest rate.</remarks>
public sealed class ExactPlanner : ContextPlanner
{
    public override string Name => "exact";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context)
    {
        if (!context.IsEnumerable)
            throw Refusal($"fleet.devices is {context.Serving.Fleet.DeviceCount} devices, too many different plans for planner '{Name}'");
        if (context.Objective == PlanObjective.Capacity ? !context.IsCapacityExact : !context.Serving.IsUniform)
            throw Refusal($"layers or links differ so that there are too many orders and cuts for planner '{Name}' by {context.Objective.ToString().ToLowerInvariant()}");
        return context.Optimum(context.Objective).Groups;
    }

    private static PlanningException Refusal(string reason) =>
        new($"Nothing planned: {reason}. Use planner 'e2llm', which states how far it can be from the optimum.");
}
