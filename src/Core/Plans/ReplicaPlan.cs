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

    /// <summary>Sequences that hold slots at once, at most; 0 where the replica does not decode or the planner leaves it open.</summary>
    [Id(4)] public int DecodeConcurrency { get; init; }

    /// <summary>Micro-batches that the decoding sequences are split into, so that all stages are busy; 0 as above.</summary>
    [Id(5)] public int MicroBatches { get; init; }

    /// <summary>Predicted highest rate of the replica in its role; 0 where the planner predicts none.</summary>
    [Id(6)] public double RequestsPerSecond { get; init; }

    /// <summary>Predicted seconds of a prompt through the empty replica; 0 as above and on a DECODER.</summary>
    [Id(7)] public double PrefillLatencySeconds { get; init; }

    /// <summary>Predicted seconds between two tokens of a sequence at full concurrency; 0 as above and on a PREFILL replica.</summary>
    [Id(8)] public double TokenSeconds { get; init; }

    /// <summary>
    /// Tokens a second that every reader shall get at least, as far as fewer sequences at once can bring that about. 0: no minimum.
    /// </summary>
    [Id(9)] public double MinimumTokensPerSecond { get; init; }

    /// <summary>Prompt tokens of a step, at most, where many answers are written in it; 0 where the replica does not do both, or the planner leaves it open.</summary>
    [Id(10)] public int PromptRowsBesideDecode { get; init; }

    /// <summary>The slowest stage of a decode step: the pipeline gives one micro-batch in this time.</summary>
    public double PeriodSeconds => Stages.Max(stage => stage.PeriodSeconds);
}
