using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Workloads;

namespace E2LLM.Core.Plans;

/// <summary>All that a planner may know.</summary>
[GenerateSerializer, Alias("E2LLM.PlanRequest"), Immutable]
public sealed record PlanRequest
{
    [Id(0)] public required FleetSpec Fleet { get; init; }

    [Id(1)] public required ModelSpec Model { get; init; }

    /// <summary>One profile a device of the fleet, for this model.</summary>
    [Id(2)] public required ImmutableArray<DeviceProfile> Profiles { get; init; }

    /// <summary>The settings that every stage will have, but for replicas of <see cref="EngineChoices"/>; they decide KV and scratch memory.</summary>
    [Id(3)] public required EngineSettings Engine { get; init; }

    [Id(4)] public int Seed { get; init; } = 1;

    /// <summary>Null: what the engine's settings suggest, half of the longest sequence as prompt and half as answer, once a second.</summary>
    [Id(5)] public WorkloadSpec? Workload { get; init; }

    [Id(6)] public PlanObjective Objective { get; init; } = PlanObjective.Wait;

    /// <summary>No decode concurrency is planned that would write slower than this to each reader. 0 sets no limit.</summary>
    [Id(7)] public double MinimumTokensPerSecond { get; init; }

    /// <summary>
    /// Settings that a replica may have instead of <see cref="Engine"/>, by its own memory: alike but for KV cells, sequences and KV type. Another
    /// KV type is for MIXED replicas alone, and only where their devices cannot hold as many sequences in that of <see cref="Engine"/>. Empty: all
    /// replicas have <see cref="Engine"/>.
    /// </summary>
    [Id(8)] public ImmutableArray<EngineSettings> EngineChoices { get; init; } = [];

    /// <summary>What counts into the goodput.</summary>
    [Id(9)] public ServiceTargets Targets { get; init; } = new();

    /// <summary>
    /// Whether every replica's first and last stage are on trusted devices (<see cref="DeviceSpec.IsTrusted"/>): tokens come in at the first layers and
    /// out of the last. The devices between see hidden states and the KV caches of their own layers alone.
    /// </summary>
    [Id(10)] public bool TrustedEnds { get; init; }

    /// <summary>Whether replicas do both parts of every request: for models whose KV caches cannot be handed over. Of planner "e2llm".</summary>
    [Id(11)] public bool MixedOnly { get; init; }

    /// <summary>Threads that search and simulations may use; -1: as many as there are cores. The plan does not depend on it.</summary>
    [Id(12)] public int MaxThreads { get; init; } = -1;
}
