using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Ablations;

/// <summary>Planner "e2llm" without one of its parts.</summary>
/// <param name="Name">What that planner is called.</param>
/// <param name="Without">The request as the planner is to see it.</param>
/// <param name="IsJudged">Whether a judge settles between its best plans.</param>
internal sealed record Ablation(string Name, Func<PlanRequest, PlanRequest> Without, bool IsJudged = true)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<Ablation> All { get; } =
    [
        new("e2llm-no-roles", request => request with { MixedOnly = true }),
        new("e2llm-no-links", request => request with { Fleet = new FleetSpec { Name = request.Fleet.Name, Devices = request.Fleet.Devices } }),
        new("e2llm-no-choices", request => request with { EngineChoices = [] }),
        new("e2llm-no-simulation", request => request, IsJudged: false),
    ];
}
