using System.Collections.Immutable;

namespace E2LLM.Core.Statistics;

/// <summary>What is stored of a model's statistics.</summary>
[GenerateSerializer, Alias("E2LLM.StatisticsJournal"), Immutable]
public sealed record StatisticsJournal
{
    /// <summary>Null before the first request.</summary>
    [Id(0)] public DateTimeOffset? Since { get; init; }

    [Id(1)] public ImmutableArray<GroupJournal> Groups { get; init; } = [];

    /// <summary>Those that are kept apart; the one whose request ended last is the last.</summary>
    [Id(2)] public ImmutableArray<CallerStatistics> Callers { get; init; } = [];

    /// <summary>All other callers together; null where there are none.</summary>
    [Id(3)] public CallerStatistics? OtherCallers { get; init; }

    /// <summary>The requests that were counted last, as 64-bit hashes: they may be told of once more.</summary>
    [Id(4)] public ImmutableArray<long> CountedLast { get; init; } = [];

    /// <summary>When this was stored; null in journals that did not know.</summary>
    [Id(5)] public DateTimeOffset? StoredAt { get; init; }
}
