using E2LLM.Core.Errors;
using E2LLM.Planning.Groups;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Exact;

/// <summary>Looks at every plan of a small fleet. Refuses fleets that are too large for that.</summary>
public sealed class ExactPlanner : ContextPlanner
{
    public override string Name => "exact";

    protected override IReadOnlyList<GroupPlan> Find(PlanningContext context) => context.IsEnumerable
        ? context.Optimum(context.Objective).Groups
        : throw new PlanningException(
            $"Nothing planned: fleet.devices is {context.Serving.Fleet.DeviceCount} devices, too many different plans for planner '{Name}'. "
            + "Use planner 'e2llm', which states how far it can be from the optimum.");
}
