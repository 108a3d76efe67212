using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Cluster.Tests.Exactness;

/// <summary>Clusters on the real engine and the demo model, and what they are asked.</summary>
internal static class DemoFog
{
    public static TestFogOptions Options(DemoModel demo, IReadOnlyList<IReadOnlyList<DeviceSpec>> devices, Action<ServingOptions> serving) => new()
    {
        SiloDevices = devices,
        Engines = demo.Engines,
        Profiler = demo.Profiler,
        Catalog = demo.Catalog,
        Serving = options =>
        {
            // Not by the profiles: the whole model, which answers are held against, has the same.
            options.MaxStepTokens = StepSize.SmallestTokens;
            serving(options);
        },
    };

    /// <summary>Two silos: a PREFILL and a DECODER replica, cut otherwise, or one MIXED replica of two stages.</summary>
    public static TestFogOptions Options(DemoModel demo, bool isSplit, Action<ServingOptions> serving)
    {
        var layers = demo.Spec.LayerCount;
        return Options(demo, [[Device("a", 99), Device("c", 99)], [Device("b", 99), Device("d", 99)]], serving) with
        {
            Planner = isSplit
                ? new SplitPlanner(
                    (ReplicaRole.Prefill, [("a", layers / 2), ("b", layers - layers / 2)]), (ReplicaRole.Decoder, [("c", 1), ("d", layers - 1)]))
                : new SplitPlanner((ReplicaRole.Mixed, [("a", 3), ("b", layers - 3)])),
        };
    }

    public static EngineSettings Settings(DemoModel demo, Action<ServingOptions> serving)
    {
        var options = new ServingOptions();
        serving(options);
        return options.SettingsFor(demo.Spec, []);
    }

    public static GenerationRequest Request(
        DemoModel demo, string id, string question, SamplingOptions sampling, string system = "", int maxTokens = 250) => new()
    {
        Id = id,
        ModelId = demo.Spec.Id,
        PromptTokens = demo.Tokenizer.TokenizeChat(system.Length == 0 ? [new("user", question)] : [new("system", system), new("user", question)]),
        MaxTokens = maxTokens,
        Sampling = sampling,
        StopTokens = demo.Tokenizer.EndOfGenerationTokens,
    };

    public static DeviceSpec Device(string id, long mebibytes, double slowdown = 1) =>
        new() { Id = id, MemoryBytes = mebibytes << 20, SlowdownFactor = slowdown };
}
