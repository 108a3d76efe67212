using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>What is stored of a group of requests.</summary>
[GenerateSerializer, Alias("E2LLM.GroupJournal"), Immutable]
public sealed record GroupJournal
{
    /// <summary>Null: all of the model.</summary>
    [Id(0)] public ReplicaRole? Role { get; init; }

    /// <summary>Empty: all of the role, or of the model.</summary>
    [Id(1)] public string Replica { get; init; } = "";

    [Id(2)] public long Requests { get; init; }

    [Id(3)] public long Failed { get; init; }

    [Id(4)] public long Cancelled { get; init; }

    [Id(5)] public long Replays { get; init; }

    [Id(6)] public long PromptTokens { get; init; }

    [Id(7)] public long GeneratedTokens { get; init; }

    [Id(8)] public ImmutableArray<FigureJournal> Figures { get; init; } = [];
}
