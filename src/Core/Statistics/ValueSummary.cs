namespace E2LLM.Core.Statistics;

/// <summary>Mean and percentiles of at least one value. Count, mean and maximum are exact, percentiles within 2 %.</summary>
[GenerateSerializer, Alias("E2LLM.ValueSummary"), Immutable]
public sealed record ValueSummary
{
    [Id(0)] public required long Count { get; init; }

    [Id(1)] public required double Mean { get; init; }

    [Id(2)] public required double P50 { get; init; }

    [Id(3)] public required double P90 { get; init; }

    [Id(4)] public required double P99 { get; init; }

    [Id(5)] public required double Max { get; init; }
}
