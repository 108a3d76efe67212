using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>A plan that nobody serves with yet.</summary>
[GenerateSerializer, Alias("E2LLM.PlanProposal"), Immutable]
public sealed record PlanProposal
{
    /// <summary>Kept under its generation, to be applied by it.</summary>
    [Id(0)] public required ServingPlan Plan { get; init; }

    /// <summary>One sentence a line.</summary>
    [Id(1)] public required ImmutableArray<string> Explanation { get; init; }

    /// <summary>What would change against the plan that is being served; empty where none is. One sentence a line.</summary>
    [Id(2)] public ImmutableArray<string> Changes { get; init; } = [];
}
