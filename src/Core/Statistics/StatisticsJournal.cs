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
}

/// <summary>What is stored of a group of requests.</summary>
/// <param name="Counts">The group and its counts, without figures.</param>
/// <param name="Figures">All values of those that have any.</param>
[GenerateSerializer, Alias("E2LLM.GroupJournal"), Immutable]
public sealed record GroupJournal([property: Id(0)] RequestGroupStatistics Counts, [property: Id(1)] ImmutableArray<FigureJournal> Figures);

/// <summary>What is stored of a figure.</summary>
[GenerateSerializer, Alias("E2LLM.FigureJournal"), Immutable]
public sealed record FigureJournal([property: Id(0)] RequestFigure Figure, [property: Id(1)] HistogramSnapshot Values);
