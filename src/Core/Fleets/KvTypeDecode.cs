using System.Collections.Immutable;
using E2LLM.Core.Plans;

namespace E2LLM.Core.Fleets;

/// <summary>Decode times with one element type of the KV cache.</summary>
/// <param name="KvType">The type.</param>
/// <param name="Points">As <see cref="DeviceProfile.Decode"/>; at least one.</param>
[GenerateSerializer, Alias("E2LLM.KvTypeDecode"), Immutable]
public sealed record KvTypeDecode([property: Id(0)] KvCacheType KvType, [property: Id(1)] ImmutableArray<DecodePoint> Points);
