using System.Collections.Immutable;

namespace E2LLM.Core.Plans;

/// <summary>A group of devices that together hold the whole model once.</summary>
[GenerateSerializer, Alias("E2LLM.ReplicaPlan"), Immutable]
public sealed record ReplicaPlan
{
    /// <summary>Name within the plan: "r0".</summary>
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required ReplicaRole Role { get; init; }

    /// <summary>The stages in the order of their layers.</summary>
    [Id(2)] public required ImmutableArray<StagePlan> Stages { get; init; }

    [Id(3)] public required EngineSettings Engine { get; init; }

    /// <summary>The slowest stage of a decode step: the pipeline gives one micro-batch in this time.</summary>
    public double PeriodSeconds => Stages.Max(stage => stage.PeriodSeconds);
}
