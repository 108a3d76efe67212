using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;

namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>The layers of a cache that one sending stage has and one receiving stage wants: one transfer of the data port.</summary>
[GenerateSerializer, Alias("E2LLM.KvPart"), Immutable]
public sealed record KvPart
{
    /// <summary>Layer of the whole model, from 0.</summary>
    [Id(0)] public required int FirstLayer { get; init; }

    [Id(1)] public required int LayerCount { get; init; }

    /// <summary>Device of the receiving stage.</summary>
    [Id(2)] public required string DeviceId { get; init; }

    [Id(3)] public required KvDestination Destination { get; init; }

    /// <summary>The emulated link to the receiver; null until the sending replica fills it in.</summary>
    [Id(4)] public LinkSpec? Link { get; init; }
}
