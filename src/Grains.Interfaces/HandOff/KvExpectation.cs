using System.Collections.Immutable;
using E2LLM.Core.HandOff;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>A cache that is going to be sent.</summary>
[GenerateSerializer, Alias("E2LLM.KvExpectation"), Immutable]
public sealed record KvExpectation
{
    /// <summary>The stages that will send it; together they hold every layer.</summary>
    [Id(0)] public required ImmutableArray<KvSource> Sources { get; init; }

    /// <summary>Positions of the prompt.</summary>
    [Id(1)] public required int Positions { get; init; }

    /// <summary>Upper bound of the bytes that one position takes in one layer; more is refused.</summary>
    [Id(2)] public required int MaxRowBytes { get; init; }

    /// <summary>Seconds after which everything is freed, unless the lease is renewed.</summary>
    [Id(3)] public required double LeaseSeconds { get; init; }

    /// <summary>Where it goes. To expect for the same slot twice changes nothing.</summary>
    [Id(4)] public required KvSlot Slot { get; init; }
}
