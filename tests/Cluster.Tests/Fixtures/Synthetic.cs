using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>Clusters on the synthetic engine: a model of 8 layers of 1 MiB, and devices that hold a few layers each.</summary>
internal static class Synthetic
{
    public const string ModelId = "synthetic";

    public static ModelSpec Model { get; } = SyntheticModel.Spec(ModelId);

    public static SyntheticModelCatalog Catalog { get; } = new(Model);

    public static SyntheticStageEngineFactory Engines(SyntheticTiming? timing = null) =>
        new(Catalog, timing ?? new SyntheticTiming(), TimeProvider.System);

    public static DeviceSpec Device(string id, long memoryBytes = 1L << 30, double slowdown = 1) =>
        new() { Id = id, MemoryBytes = memoryBytes, SlowdownFactor = slowdown };

    /// <summary>One silo with three devices, none of which holds the model alone, so that there are at least two stages.</summary>
    public static TestFogOptions ThreeDevices(IStageEngineFactory? engines = null) =>
        Options([[Device("a", SmallBytes), Device("b", SmallBytes), Device("c", SmallBytes)]], engines);

    /// <summary>The same devices, each on a silo of its own.</summary>
    public static TestFogOptions ThreeSilos(IStageEngineFactory? engines = null) =>
        Options([[Device("a", SmallBytes)], [Device("b", SmallBytes)], [Device("c", SmallBytes)]], engines);

    public static TestFogOptions Options(IReadOnlyList<IReadOnlyList<DeviceSpec>> devices, IStageEngineFactory? engines = null) => new()
    {
        SiloDevices = devices,
        Engines = engines ?? Engines(),
        Profiler = new SyntheticDeviceProfiler(Catalog, new SyntheticTiming { LayerSeconds = 1e-3 }),
        Catalog = Catalog,
    };

    public static GenerationRequest Request(string id, int promptTokens = 20, int maxTokens = 10, uint seed = 0) => new()
    {
        Id = id,
        ModelId = ModelId,
        PromptTokens = [.. Enumerable.Range(0, promptTokens).Select(position => SyntheticTokenizer.FirstWordToken + ((position * 31 + (int)seed * 7 + id.Length) % 500))],
        MaxTokens = maxTokens,
        Sampling = new SamplingOptions { Temperature = 1, Seed = seed },
    };

    public static IReadOnlyList<int> Expected(GenerationRequest request) =>
        SyntheticModel.ExpectedTokens(Model, request.PromptTokens, request.MaxTokens, request.Sampling);

    /// <summary>At most four layers with 8 MiB of KV cache each, beside 17 MiB of scratch.</summary>
    private const long SmallBytes = 56L << 20;
}
