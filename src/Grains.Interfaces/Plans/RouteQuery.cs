using System.Collections.Immutable;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>A request that needs replicas.</summary>
[GenerateSerializer, Alias("E2LLM.RouteQuery"), Immutable]
public sealed record RouteQuery
{
    [Id(0)] public required int PromptTokens { get; init; }

    [Id(1)] public required int MaxTokens { get; init; }

    /// <summary>Grain keys of replicas that have failed the request: taken only where nobody else can serve it.</summary>
    [Id(2)] public ImmutableArray<string> Avoid { get; init; } = [];

    /// <summary>Whether an answer has begun, or a replica taken the request: then it waits for a plan that is being put in place.</summary>
    [Id(3)] public bool HasBegun { get; init; }
}
