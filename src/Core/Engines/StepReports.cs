using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Core.Engines;

/// <summary>What one stage spent on one step.</summary>
/// <param name="WaitSeconds">From arrival to the start of the engine.</param>
/// <param name="ComputeSeconds">In the engine, emulated slowdown included.</param>
/// <param name="LinkSeconds">On the emulated link to the next stage.</param>
[GenerateSerializer, Alias("E2LLM.StageTrace"), Immutable]
public readonly record struct StageTrace(
    [property: Id(0)] double WaitSeconds,
    [property: Id(1)] double ComputeSeconds,
    [property: Id(2)] double LinkSeconds);

/// <summary>A step has passed all stages.</summary>
[GenerateSerializer, Alias("E2LLM.StepCompletion"), Immutable]
public sealed record StepCompletion
{
    [Id(0)] public required long Epoch { get; init; }

    [Id(1)] public required long StepNumber { get; init; }

    /// <summary>One token per output row, in row order.</summary>
    [Id(2)] public required ImmutableArray<int> SampledTokens { get; init; }

    /// <summary>One entry a stage, in order.</summary>
    [Id(3)] public required ImmutableArray<StageTrace> Trace { get; init; }
}

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

    /// <summary>Whose rows the step failed on; null where all of them have to be held responsible.</summary>
    [Id(6)] public int? Slot { get; init; }
}

/// <summary>How far a stage has come.</summary>
[GenerateSerializer, Alias("E2LLM.StageProgress"), Immutable]
public sealed record StageProgress
{
    /// <summary>Whether it holds its slice. One that does not has lost it, or its lease: it has to be loaded anew.</summary>
    [Id(0)] public required bool IsLoaded { get; init; }

    [Id(1)] public required long Epoch { get; init; }

    /// <summary>The step that it takes next: it has begun all before.</summary>
    [Id(2)] public required long NextStep { get; init; }

    /// <summary>Whether it runs no step now, nor forwards or reports one.</summary>
    [Id(3)] public required bool IsIdle { get; init; }
}
