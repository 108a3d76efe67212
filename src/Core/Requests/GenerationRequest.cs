using System.Collections.Immutable;

namespace E2LLM.Core.Requests;

/// <summary>A prompt to continue, in tokens.</summary>
[GenerateSerializer, Alias("E2LLM.GenerationRequest"), Immutable]
public sealed record GenerationRequest
{
    /// <summary>Unique; also the key of the request's grain.</summary>
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string ModelId { get; init; }

    /// <summary>At least one token.</summary>
    [Id(2)] public required ImmutableArray<int> PromptTokens { get; init; }

    /// <summary>At least 1.</summary>
    [Id(3)] public required int MaxTokens { get; init; }

    [Id(4)] public SamplingOptions Sampling { get; init; } = SamplingOptions.Greedy;

    /// <summary>Tokens that end the answer; they are not part of it.</summary>
    [Id(5)] public ImmutableArray<int> StopTokens { get; init; } = [];

    [Id(6)] public RequestPriority Priority { get; init; } = RequestPriority.Normal;

    /// <summary>
    /// The longest that the request may be expected to wait in a replica's queue, in seconds; 0 or more. Where the wait would be
    /// longer, the request is refused at once. Null: it waits as long as it takes.
    /// </summary>
    [Id(7)] public double? DeadlineSeconds { get; init; }

    /// <summary>
    /// The answer so far, where the request goes on that others have begun; empty otherwise. It counts towards
    /// <see cref="MaxTokens"/>, is read like a prompt, and is not reported again.
    /// </summary>
    [Id(8)] public ImmutableArray<int> Answer { get; init; } = [];

    /// <summary>Who asked, as the door knows it; empty where it does not. For limits and statistics, never shown to a model.</summary>
    [Id(9)] public string CallerId { get; init; } = "";
}
