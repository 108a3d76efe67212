using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Core.Engines;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.HandOff;

/// <summary>A PREFILL replica in this process and a DECODER in another.</summary>
internal static class HandOffFog
{
    /// <param name="model">What is served.</param>
    /// <param name="engines">Of the replica in this process.</param>
    /// <param name="cut">See <see cref="FixedCut"/>; the second replica's devices are in the other process.</param>
    /// <param name="serving">Of both.</param>
    public static Task<BenchmarkFog> StartAsync(BenchmarkModel model, IStageEngineFactory engines, string cut, ServingOptions serving)
    {
        var devices = cut.Split(';').Select(replica =>
            replica.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(stage => FogOptions.Device(stage[..stage.IndexOf(':')])).ToArray()).ToArray();
        return BenchmarkFog.StartAsync(
            new FogOptions
            {
                Catalog = model.Catalog,
                Engines = engines,
                Devices = devices[0],
                Planner = FixedCut.Parse(cut),
                Serving = options => ServingOptionsCopy.Copy(serving, options),
            },
            model.Node(devices[1], cut, serving));
    }
}
