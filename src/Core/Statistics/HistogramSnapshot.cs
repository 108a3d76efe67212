using System.Collections.Immutable;

namespace E2LLM.Core.Statistics;

/// <summary>What is in a <see cref="LogHistogram"/>, without its empty buckets.</summary>
[GenerateSerializer, Alias("E2LLM.HistogramSnapshot"), Immutable]
public sealed record HistogramSnapshot
{
    /// <summary>Where the range of the histogram begins.</summary>
    [Id(0)] public required double Lowest { get; init; }

    /// <summary>Indices of the buckets that have values, ascending.</summary>
    [Id(1)] public ImmutableArray<int> Buckets { get; init; } = [];

    /// <summary>How many each of them has.</summary>
    [Id(2)] public ImmutableArray<long> Counts { get; init; } = [];

    [Id(3)] public double Sum { get; init; }

    /// <summary>The least value; 0 where there is none.</summary>
    [Id(4)] public double Min { get; init; }

    /// <summary>The greatest value; 0 where there is none.</summary>
    [Id(5)] public double Max { get; init; }
}
