namespace E2LLM.Core.Fleets;

/// <summary>One device that may hold a slice of a model, as its owner describes it.</summary>
[GenerateSerializer, Alias("E2LLM.DeviceSpec"), Immutable]
public sealed record DeviceSpec
{
    /// <summary>Stable name, unique in the fleet. Letters, digits, '.', '_' and '-', at most 64.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Memory that weights, KV cache and engine scratch may use together.</summary>
    [Id(1)] public required long MemoryBytes { get; init; }

    /// <summary>Threads of the device's engine. More threads than free cores make llama.cpp's spin barrier crawl.</summary>
    [Id(2)] public int Threads { get; init; } = 1;

    /// <summary>Emulation only: every step takes this many times as long as on the host. 1 is the host's own speed.</summary>
    [Id(3)] public double SlowdownFactor { get; init; } = 1;

    /// <summary>What the device is, for people: "Raspberry Pi 5".</summary>
    [Id(4)] public string Description { get; init; } = "";

    /// <summary>
    /// Whether its owner is trusted with the text of requests: where <see cref="Plans.PlanRequest.TrustedEnds"/> is set, such devices alone hold the first and
    /// the last layers. What a device says of itself here is its owner's word, and no proof.
    /// </summary>
    [Id(5)] public bool IsTrusted { get; init; }

    /// <summary>
    /// What of its machine the device computes on, by the engine's own name: "CPU", "CUDA0", "Vulkan0". Empty: as the engine sees fit, which is a GPU where
    /// it has one.
    /// </summary>
    [Id(6)] public string ComputeDevice { get; init; } = "";
}
