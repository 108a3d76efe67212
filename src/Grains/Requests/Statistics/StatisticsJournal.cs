using System.Collections.Immutable;

namespace E2LLM.Grains.Requests.Statistics;

/// <summary>What is stored of a model's statistics.</summary>
[GenerateSerializer, Alias("E2LLM.StatisticsJournal")]
public sealed class StatisticsJournal
{
    /// <summary>Null before the first request.</summary>
    [Id(0)] public DateTimeOffset? Since { get; set; }

    [Id(1)] public ImmutableArray<GroupJournal> Groups { get; set; } = [];
}
