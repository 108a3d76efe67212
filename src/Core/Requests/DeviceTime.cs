namespace E2LLM.Core.Requests;

/// <summary>
/// Seconds that a device computed on the steps in which a request took part. A step serves several requests at once, so the
/// figures of concurrent requests overlap.
/// </summary>
[GenerateSerializer, Alias("E2LLM.DeviceTime"), Immutable]
public readonly record struct DeviceTime(
    [property: Id(0)] string DeviceId,
    [property: Id(1)] int FirstLayer,
    [property: Id(2)] int LayerCount,
    [property: Id(3)] double PrefillSeconds,
    [property: Id(4)] double DecodeSeconds);
