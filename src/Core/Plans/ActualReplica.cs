using E2LLM.Core.Fleets;

namespace E2LLM.Core.Plans;

/// <summary>What is known to run, or to be about to: one of the three records of a model's plan, one entry a replica.</summary>
[GenerateSerializer, Alias("E2LLM.ActualReplica"), Immutable]
public sealed record ActualReplica
{
    /// <summary>The key of its grain.</summary>
    [Id(0)] public required string Key { get; init; }

    /// <summary>Of the plan that it came with. Later plans that have the same replica leave it as it is.</summary>
    [Id(1)] public required long Generation { get; init; }

    /// <summary>With the name that it came with.</summary>
    [Id(2)] public required ReplicaPlan Plan { get; init; }

    /// <summary>The fleet that it came with: its devices and their links.</summary>
    [Id(3)] public required FleetSpec Fleet { get; init; }

    [Id(4)] public required ReplicaPhase Phase { get; init; }

    /// <summary>Number of its latest start; 0 before the first one.</summary>
    [Id(5)] public long Start { get; init; }

    /// <summary>The plan has no place for it any more: it serves until what replaces it does.</summary>
    [Id(6)] public bool IsRetiring { get; init; }

    /// <summary>Starts, or stops, that failed one after the other.</summary>
    [Id(7)] public int Failures { get; init; }

    /// <summary>Why it does not serve; empty otherwise.</summary>
    [Id(8)] public string LastFailure { get; init; } = "";
}
