namespace E2LLM.Core.Plans;

/// <summary>Turns a fleet, a model and measured profiles into a plan. Pure: same request, same plan.</summary>
public interface IPlanner
{
    /// <summary>The name it is asked for by.</summary>
    string Name { get; }

    /// <exception cref="Errors.PlanningException">No plan exists: says what is short, on which device, by how many bytes.</exception>
    ServingPlan Plan(PlanRequest request, CancellationToken cancellationToken);
}
