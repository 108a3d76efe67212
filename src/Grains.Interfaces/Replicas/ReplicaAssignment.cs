using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Grains.Interfaces.Replicas;

/// <summary>What a replica is to run.</summary>
[GenerateSerializer, Alias("E2LLM.ReplicaAssignment"), Immutable]
public sealed record ReplicaAssignment
{
    [Id(0)] public required long Generation { get; init; }

    [Id(1)] public required ModelSpec Model { get; init; }

    [Id(2)] public required ReplicaPlan Plan { get; init; }

    /// <summary>Devices and links of the stages.</summary>
    [Id(3)] public required FleetSpec Fleet { get; init; }

    /// <summary>Names this start among all of the plan's: the replica's reports carry it.</summary>
    [Id(4)] public required long Start { get; init; }
}
