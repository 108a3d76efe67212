using System.Collections.Immutable;

namespace E2LLM.Core.Statistics;

/// <summary>What is stored of a group of requests.</summary>
/// <param name="Counts">The group and its counts, without figures.</param>
/// <param name="Figures">All values of those that have any.</param>
[GenerateSerializer, Alias("E2LLM.GroupJournal"), Immutable]
public sealed record GroupJournal([property: Id(0)] RequestGroupStatistics Counts, [property: Id(1)] ImmutableArray<FigureJournal> Figures);
