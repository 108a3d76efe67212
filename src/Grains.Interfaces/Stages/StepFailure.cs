using E2LLM.Core.Requests;

namespace E2LLM.Grains.Interfaces.Stages;

/// <summary>A step that no stage will complete.</summary>
[GenerateSerializer, Alias("E2LLM.StepFailure"), Immutable]
public sealed record StepFailure
{
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required long StepNumber { get; init; }

    [Id(2)] public required int StageIndex { get; init; }

    [Id(3)] public required string DeviceId { get; init; }

    [Id(4)] public required FailedParty Party { get; init; }

    [Id(5)] public required string Message { get; init; }
}
