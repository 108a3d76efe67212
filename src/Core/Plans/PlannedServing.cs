using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;

namespace E2LLM.Core.Plans;

/// <summary>What has been planned, and checked: one of the three records of a model's plan. Replaced as a whole.</summary>
[GenerateSerializer, Alias("E2LLM.PlannedServing"), Immutable]
public sealed record PlannedServing
{
    [Id(0)] public required FleetSpec Fleet { get; init; }

    [Id(1)] public required ModelSpec Model { get; init; }

    /// <summary>One a device of the fleet.</summary>
    [Id(2)] public required ImmutableArray<DeviceProfile> Profiles { get; init; }

    /// <summary>What is to run; null where nothing is, though it could be planned for.</summary>
    [Id(3)] public ServingPlan? Plan { get; init; }

    /// <summary>What the plan does and what limits it; one sentence a line.</summary>
    [Id(4)] public ImmutableArray<string> Explanation { get; init; } = [];
}
