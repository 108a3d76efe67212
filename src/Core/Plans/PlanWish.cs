using E2LLM.Core.Workloads;

namespace E2LLM.Core.Plans;

/// <summary>What a plan is wanted for. What is null is taken from the serving options.</summary>
[GenerateSerializer, Alias("E2LLM.PlanWish"), Immutable]
public sealed record PlanWish
{
    /// <summary>A planner's name.</summary>
    [Id(0)] public string? Planner { get; init; }

    [Id(1)] public PlanObjective? Objective { get; init; }

    [Id(2)] public WorkloadSpec? Workload { get; init; }

    [Id(3)] public int Seed { get; init; } = 1;

    /// <summary>Tokens a second for every reader; 0: no minimum.</summary>
    [Id(4)] public double? MinimumTokensPerSecond { get; init; }

    /// <summary>As <see cref="PlanRequest.TrustedEnds"/>. A plan made without is not served where the serving options want it.</summary>
    [Id(5)] public bool? TrustedEnds { get; init; }
}
