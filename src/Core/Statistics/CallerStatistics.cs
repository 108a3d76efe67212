namespace E2LLM.Core.Statistics;

/// <summary>The requests of one caller, or of several together.</summary>
[GenerateSerializer, Alias("E2LLM.CallerStatistics"), Immutable]
public sealed record CallerStatistics
{
    /// <summary>As the requests gave it; empty for several together.</summary>
    [Id(0)] public string CallerId { get; init; } = "";

    [Id(1)] public long Requests { get; init; }

    /// <summary>Of the requests, those that failed, whoever was to blame. One that was refused is none of them.</summary>
    [Id(2)] public long Failed { get; init; }

    [Id(3)] public long Cancelled { get; init; }

    /// <summary>Of all requests, whole or not.</summary>
    [Id(4)] public long PromptTokens { get; init; }

    /// <summary>Of all requests, whole or not.</summary>
    [Id(5)] public long GeneratedTokens { get; init; }

    /// <summary>As <see cref="RequestGroupStatistics.Refused"/>.</summary>
    [Id(6)] public long Refused { get; init; }
}
