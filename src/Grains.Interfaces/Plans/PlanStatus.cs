using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Replicas;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>What is planned and what runs.</summary>
[GenerateSerializer, Alias("E2LLM.PlanStatus"), Immutable]
public sealed record PlanStatus
{
    [Id(0)] public required PlanPhase Phase { get; init; }

    /// <summary>Null before the first plan.</summary>
    [Id(1)] public ServingPlan? Plan { get; init; }

    [Id(2)] public FleetSpec? Fleet { get; init; }

    [Id(3)] public ModelSpec? Model { get; init; }

    [Id(4)] public ImmutableArray<DeviceProfile> Profiles { get; init; } = [];

    /// <summary>Keys of the replicas' grains, in the order of the plan; then those that an earlier plan has left.</summary>
    [Id(5)] public ImmutableArray<string> ReplicaKeys { get; init; } = [];

    /// <summary>What each of them said last; where it does not serve, why.</summary>
    [Id(6)] public ImmutableArray<ReplicaStatus> Replicas { get; init; } = [];

    /// <summary>Why the last attempt at a plan failed, or which replicas are missing; empty where nothing is amiss.</summary>
    [Id(7)] public string Error { get; init; } = "";

    /// <summary>What the plan does and what limits it; one sentence a line.</summary>
    [Id(8)] public ImmutableArray<string> Explanation { get; init; } = [];

    /// <summary>What of the model itself keeps it from being served, whatever is tried again; empty where nothing does.</summary>
    [Id(9)] public string ModelFault { get; init; } = "";

    /// <summary>Whether what served has made room for another plan that is about to serve: requests may be sent, and wait for it.</summary>
    [Id(10)] public bool IsChangingOver { get; init; }
}
