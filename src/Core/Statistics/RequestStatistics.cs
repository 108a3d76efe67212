using System.Collections.Immutable;

namespace E2LLM.Core.Statistics;

/// <summary>How the requests of a model have fared, over restarts of the silo.</summary>
[GenerateSerializer, Alias("E2LLM.RequestStatistics"), Immutable]
public sealed record RequestStatistics
{
    /// <summary>End of the first request that is counted; null where there is none.</summary>
    [Id(0)] public DateTimeOffset? Since { get; init; }

    [Id(1)] public RequestGroupStatistics Whole { get; init; } = new();

    /// <summary>Those that had requests, in the order MIXED, PREFILL, DECODER.</summary>
    [Id(2)] public ImmutableArray<RequestGroupStatistics> Roles { get; init; } = [];

    /// <summary>Of the newest plans only, newest first; older ones live on in the sums of model and roles.</summary>
    [Id(3)] public ImmutableArray<RequestGroupStatistics> Replicas { get; init; } = [];

    /// <summary>Those with the most requests, at most 64, in that order. A request that named no caller is in none of them.</summary>
    [Id(4)] public ImmutableArray<CallerStatistics> Callers { get; init; } = [];

    /// <summary>All other callers together; null where there are none.</summary>
    [Id(5)] public CallerStatistics? OtherCallers { get; init; }
}
