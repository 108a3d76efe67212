using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>A cache that did not arrive.</summary>
[GenerateSerializer, Alias("E2LLM.KvFailure"), Immutable]
public sealed record KvFailure
{
    [Id(0)] public required string RequestId { get; init; }

    /// <summary>From <see cref="KvReception.OpenedInStep"/>.</summary>
    [Id(1)] public required long OpenedInStep { get; init; }

    /// <summary>Whether the decoder shall read the prompt itself; otherwise it makes a new reception.</summary>
    [Id(2)] public required bool ReadHere { get; init; }

    /// <summary>The tokens that have been delivered.</summary>
    [Id(3)] public ImmutableArray<int> Answer { get; init; } = [];

    /// <summary>What the request is told if it is given up.</summary>
    [Id(4)] public required RequestFailure Failure { get; init; }
}
