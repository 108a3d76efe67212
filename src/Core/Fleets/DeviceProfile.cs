using System.Collections.Immutable;

namespace E2LLM.Core.Fleets;

/// <summary>What a device can do with the layers of one model.</summary>
[GenerateSerializer, Alias("E2LLM.DeviceProfile"), Immutable]
public sealed record DeviceProfile
{
    [Id(0)] public required string DeviceId { get; init; }

    [Id(1)] public required string ModelId { get; init; }

    [Id(2)] public required ProfileSource Source { get; init; }

    /// <summary>Memory that weights, KV cache and scratch may use together.</summary>
    [Id(3)] public required long MemoryBytes { get; init; }

    [Id(4)] public required int Cores { get; init; }

    /// <summary>Time of one layer by tokens in the chunk, ascending in tokens; at least one point.</summary>
    [Id(5)] public required ImmutableArray<PrefillPoint> Prefill { get; init; }

    /// <summary>Time of one layer by sequences in the batch, ascending; at least one point. Of all KV types without points of their own.</summary>
    [Id(6)] public required ImmutableArray<DecodePoint> Decode { get; init; }

    /// <summary>Fixed cost of one engine call, whatever the number of layers.</summary>
    [Id(7)] public double CallSeconds { get; init; }

    /// <summary>Time of the output head for one row.</summary>
    [Id(8)] public double HeadSeconds { get; init; }

    /// <summary>
    /// Time of the output head by rows of a step, ascending in rows; <see cref="HeadSeconds"/> is not read then. Empty where one row alone was
    /// measured: what more rows take is estimated from its time.
    /// </summary>
    [Id(9)] public ImmutableArray<HeadPoint> Head { get; init; } = [];

    /// <summary>Name of the engine's runtime that was timed; empty where none was.</summary>
    [Id(10)] public string Runtime { get; init; } = "";

    /// <summary><see cref="Decode"/> once more for KV caches whose elements are of another type, where that time is known; one entry a type.</summary>
    [Id(11)] public ImmutableArray<KvTypeDecode> DecodeByKvType { get; init; } = [];
}
