using System.CommandLine;
using E2LLM.Benchmarks.Fog;
using E2LLM.Core.Fleets;
using E2LLM.Inference.Profiling;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Truth;

/// <summary><c>truth</c>: whether a fog does what the simulator says of it.</summary>
internal static class TruthCommand
{
    public static Command Create()
    {
        var engine = new Option<string>("--engine")
        {
            Description = "synthetic: stages that wait as long as their profile says; emulated: the real engine on a small model, slowed down.",
            DefaultValueFactory = _ => "synthetic",
        };
        engine.AcceptOnlyFromAmong("synthetic", "emulated");
        var requests = new Option<int>("--requests") { Description = "Of each load.", DefaultValueFactory = _ => 150 };
        var loads = new Option<double[]>("--loads")
        {
            Description = "Shares of the rate that the plan sustains.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [0.3, 0.6, 0.9],
        };
        var planners = new Option<string[]>("--planners") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["colocated", "splitwise"] };
        var seed = new Option<int>("--seed") { Description = "Of the requests.", DefaultValueFactory = _ => 1 };
        var model = new Option<FileInfo>("--model") { Description = "GGUF of the emulated engine.", DefaultValueFactory = _ => new FileInfo("models/e2llm-demo-q8_0.gguf") };
        var command = new Command("truth", "The same requests through a fog and through the simulator: wait, TTFT, TPOT, end to end.") { engine, requests, loads, planners, seed, model };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var fog = arguments.GetValue(engine) == "synthetic" ? Synthetic() : await EmulatedAsync(arguments.GetValue(model)!.FullName, cancellationToken);
            var benchmark = new TruthBenchmark(fog, arguments.GetValue(requests), arguments.GetValue(seed));
            benchmark.PrintHead();
            foreach (var planner in arguments.GetValue(planners)!)
                await benchmark.RunAsync(planner, arguments.GetValue(loads)!, cancellationToken);
            return 0;
        });
        return command;
    }

    /// <summary>Six devices of unlike speed, each with memory for seven of twelve layers.</summary>
    private static TruthFog Synthetic()
    {
        var catalog = new SyntheticModelCatalog(SyntheticModel.Spec("synthetic", layers: 12, layerBytes: 64L << 20, kvBytesPerToken: 4096));
        var timing = new SyntheticTiming { CallSeconds = 2e-3, LayerSeconds = 1.5e-3, RowLayerSeconds = 5e-5, HeadSeconds = 2e-4 };
        return new TruthFog(
            catalog, new SyntheticStageEngineFactory(catalog, timing, TimeProvider.System), new SyntheticDeviceProfiler(catalog, timing), Fleet(800L << 20, [1, 1, 1.5, 1.5, 2, 2]));
    }

    private static async Task<TruthFog> EmulatedAsync(string path, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("e2llm-truth-").FullName;
        var model = await BenchmarkModel.OpenFileAsync(directory, path, cancellationToken);
        return new TruthFog(model.Catalog, model.Engines, new LlamaDeviceProfiler(model.Catalog, model.Engines), Fleet(8L << 30, [20, 20, 30, 30, 40, 40]));
    }

    private static FleetSpec Fleet(long memoryBytes, double[] slowdownFactors) => new()
    {
        Name = "truth",
        Devices = [.. slowdownFactors.Select((factor, index) => new DeviceSpec { Id = $"d{index}", MemoryBytes = memoryBytes, Threads = 1, SlowdownFactor = factor })],
        DefaultBandwidthBytesPerSecond = 1.15e8,
        DefaultLatencySeconds = 3e-4,
    };
}
