using System.Collections.Immutable;
using E2LLM.Core.Models;

namespace E2LLM.Core.Requests;

/// <summary>A conversation to answer, in text. The gateway turns it into a <see cref="GenerationRequest"/>.</summary>
[GenerateSerializer, Alias("E2LLM.ChatRequest"), Immutable]
public sealed record ChatRequest
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required string ModelId { get; init; }

    /// <summary>The messages so far; empty where <see cref="Prompt"/> is set.</summary>
    [Id(2)] public ImmutableArray<ChatTurn> Turns { get; init; } = [];

    /// <summary>Bare text to continue, without a chat template; null where <see cref="Turns"/> is set.</summary>
    [Id(3)] public string? Prompt { get; init; }

    /// <summary>At least 1; null: whatever the context leaves.</summary>
    [Id(4)] public int? MaxTokens { get; init; }

    [Id(5)] public SamplingOptions Sampling { get; init; } = new();

    /// <summary>The answer ends before the first of these; at most 16, none empty.</summary>
    [Id(6)] public ImmutableArray<string> StopTexts { get; init; } = [];

    [Id(7)] public RequestPriority Priority { get; init; } = RequestPriority.Normal;

    /// <summary>As <see cref="GenerationRequest.DeadlineSeconds"/>.</summary>
    [Id(8)] public double? DeadlineSeconds { get; init; }

    /// <summary>Whether the answer goes on past the model's end of text, up to its limit: for benchmarks, which need answers of one length.</summary>
    [Id(9)] public bool IgnoresEndOfText { get; init; }

    /// <summary>As <see cref="GenerationRequest.CallerId"/>; at most 128 characters.</summary>
    [Id(10)] public string CallerId { get; init; } = "";
}
