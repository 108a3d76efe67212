using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;
using E2LLM.Core.Requests;

namespace E2LLM.Core.HandOff;

/// <summary>A stage that hands KV caches on: whose cache comes from where.</summary>
[GenerateSerializer, Alias("E2LLM.KvSource"), Immutable]
public readonly record struct KvSource(
    [property: Id(0)] string DeviceId,
    [property: Id(1)] int FirstLayer,
    [property: Id(2)] int LayerCount);

/// <summary>Where the layers go that one sending stage has and one receiving stage wants: one transfer of the data port.</summary>
[GenerateSerializer, Alias("E2LLM.KvTarget"), Immutable]
public sealed record KvTarget
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

/// <summary>A slot that waits for a KV cache. A later one of the same request makes it void.</summary>
[GenerateSerializer, Alias("E2LLM.KvReception"), Immutable]
public sealed record KvReception
{
    /// <summary>The step that opens the slot; names this reception among those of the request.</summary>
    [Id(0)] public required long OpenedInStep { get; init; }

    /// <summary>Where each layer has to go.</summary>
    [Id(1)] public required ImmutableArray<KvTarget> Targets { get; init; }
}

/// <summary>What a sending took.</summary>
/// <param name="Bytes">K and V of all layers.</param>
/// <param name="Seconds">
/// Waits for the bytes to be taken and, at the end, for the receivers to have all of them. What leaves while the next rows are being
/// computed costs nobody anything and is not in it.
/// </param>
[GenerateSerializer, Alias("E2LLM.KvSendReport"), Immutable]
public readonly record struct KvSendReport([property: Id(0)] long Bytes, [property: Id(1)] double Seconds);

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
