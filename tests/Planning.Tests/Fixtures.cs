using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;

namespace E2LLM.Planning.Tests;

/// <summary>Small requests with round figures: a layer has 100 bytes and 1 byte of KV a token, the engine 10 cells.</summary>
internal static class Fixtures
{
    public static ModelSpec Model(int layers = 8, long headBytes = 0, long embeddingBytes = 0) => new()
    {
        Id = "tiny",
        Architecture = "llama",
        ContextLengthTokens = 1024,
        EmbeddingLength = 1,
        VocabularySize = 1,
        LayerBytes = [.. Enumerable.Repeat(100L, layers)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(1L, layers)],
        HeadBytes = headBytes,
        EmbeddingBytes = embeddingBytes,
    };

    /// <summary>Scratch: 8 * 1 * 4 + 10 * 1 * 2 = 52 bytes each stage, 4 on the last besides.</summary>
    public static EngineSettings Engine() => new() { KvCells = 10, MaxStepTokens = 1, MaxSequences = 4, MaxSequenceTokens = 10 };

    public static DeviceSpec Device(string id, long memoryBytes) => new() { Id = id, MemoryBytes = memoryBytes };

    public static DeviceProfile Profile(string id, long memoryBytes, double secondsPerLayer) => new()
    {
        DeviceId = id,
        ModelId = "tiny",
        Source = ProfileSource.Synthetic,
        MemoryBytes = memoryBytes,
        Cores = 1,
        Prefill = [new PrefillPoint(1, secondsPerLayer)],
        Decode = [new DecodePoint(1, 1, secondsPerLayer)],
    };

    /// <summary>Devices d0, d1, … of so much memory and so many seconds a layer.</summary>
    public static PlanRequest Request(ModelSpec model, params ReadOnlySpan<(long MemoryBytes, double SecondsPerLayer)> devices)
    {
        var specs = ImmutableArray.CreateBuilder<DeviceSpec>();
        var profiles = ImmutableArray.CreateBuilder<DeviceProfile>();
        foreach (var (memory, seconds) in devices)
        {
            profiles.Add(Profile($"d{specs.Count}", memory, seconds));
            specs.Add(Device($"d{specs.Count}", memory));
        }
        return new PlanRequest
        {
            Fleet = new FleetSpec { Name = "test", Devices = specs.ToImmutable() },
            Model = model,
            Profiles = profiles.ToImmutable(),
            Engine = Engine(),
        };
    }
}
