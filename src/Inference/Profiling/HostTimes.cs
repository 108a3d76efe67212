using System.Collections.Immutable;
using E2LLM.Core.Fleets;

namespace E2LLM.Inference.Profiling;

/// <summary>What this machine takes for the layers of a model with so many threads; the devices that it emulates share it.</summary>
internal sealed record HostTimes(
    ImmutableArray<PrefillPoint> Prefill, ImmutableArray<DecodePoint> Decode, double CallSeconds, ImmutableArray<HeadPoint> Head)
{
    public DeviceProfile For(DeviceSpec device, string modelId, ProfileSource source) => new()
    {
        DeviceId = device.Id,
        ModelId = modelId,
        Source = source,
        MemoryBytes = device.MemoryBytes,
        Cores = device.Threads,
        Prefill = [.. Prefill.Select(point => point with { SecondsPerLayer = point.SecondsPerLayer * device.SlowdownFactor })],
        Decode = [.. Decode.Select(point => point with { SecondsPerLayer = point.SecondsPerLayer * device.SlowdownFactor })],
        CallSeconds = CallSeconds * device.SlowdownFactor,
        HeadSeconds = Head.IsEmpty ? 0 : Head[0].Seconds * device.SlowdownFactor,
        Head = [.. Head.Select(point => point with { Seconds = point.Seconds * device.SlowdownFactor })],
    };
}
