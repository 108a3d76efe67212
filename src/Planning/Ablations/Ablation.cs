using E2LLM.Core.Plans;

namespace E2LLM.Planning.Ablations;

/// <summary>What one part of planner "e2llm" is worth: a name, what the plan is made without, and whether its plans are still settled by simulation.</summary>
/// <param name="Name">The name of the planner without the part.</param>
/// <param name="Without">The request as the planner is to see it.</param>
/// <param name="IsJudged">Whether a judge settles between its best plans.</param>
internal sealed record Ablation(string Name, Func<PlanRequest, PlanRequest> Without, bool IsJudged = true)
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<Ablation> All { get; } =
    [
        new("e2llm-no-roles", request => request with { MixedOnly = true }),
        new("e2llm-no-links", request => request with { Fleet = request.Fleet with { Links = [], DefaultBandwidthBytesPerSecond = double.PositiveInfinity, DefaultLatencySeconds = 0, DefaultLossShare = 0 } }),
        new("e2llm-no-choices", request => request with { EngineChoices = [] }),
        new("e2llm-no-simulation", request => request, IsJudged: false),
    ];
}
