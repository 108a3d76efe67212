namespace E2LLM.Grains.Interfaces.HandOff;

/// <summary>A stage that hands KV caches on: whose cache comes from where.</summary>
[GenerateSerializer, Alias("E2LLM.KvSource"), Immutable]
public readonly record struct KvSource(
    [property: Id(0)] string DeviceId,
    [property: Id(1)] int FirstLayer,
    [property: Id(2)] int LayerCount);
