using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>What a stage is to hold, and whom it talks to.</summary>
[GenerateSerializer, Alias("E2LLM.StageAssignment"), Immutable]
public sealed record StageAssignment
{
    [Id(0)] public required long Generation { get; init; }

    /// <summary>Steps of another epoch are refused; a replica that starts anew takes a new one.</summary>
    [Id(1)] public required long Epoch { get; init; }

    [Id(2)] public required int StageIndex { get; init; }

    [Id(3)] public required StageEngineSpec Engine { get; init; }

    /// <summary>Key of the replica's grain, which hears of results and failures.</summary>
    [Id(4)] public required string ReplicaKey { get; init; }

    /// <summary>Key of the next stage's grain; null on the last stage.</summary>
    [Id(5)] public string? NextStageKey { get; init; }

    /// <summary>The emulated link to the next stage; null where the network is real, and on the last stage.</summary>
    [Id(6)] public LinkSpec? NextLink { get; init; }

    /// <summary>Values in a hidden state: frames of another width are refused.</summary>
    [Id(7)] public required int HiddenWidth { get; init; }

    /// <summary>Whether the replica hands KV caches on or takes them in: an engine that cannot is refused.</summary>
    [Id(8)] public bool HandsKvOff { get; init; }

    /// <summary>How long the engine may take for a step before it counts as hung.</summary>
    [Id(9)] public required StepTimeLimit StepLimit { get; init; }

    /// <summary>Seconds after which a stage that its replica has forgotten unloads itself.</summary>
    [Id(10)] public required double LeaseSeconds { get; init; }
}
