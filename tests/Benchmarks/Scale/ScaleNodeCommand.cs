using System.CommandLine;
using System.Text.Json;
using E2LLM.Benchmarks.Fog;
using E2LLM.Clustering;
using E2LLM.Core.Fleets;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Hosting;
using E2LLM.Inference.Synthetic;
using E2LLM.Planning.Explanation;
using E2LLM.Scheduling.Protocols.Fleets;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Judging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace E2LLM.Benchmarks.Scale;

/// <summary><c>scale-node</c>: one silo of many synthetic devices, which joins a fog by itself. It ends when its standard input does.</summary>
internal static class ScaleNodeCommand
{
    /// <summary>The line that says that the silo is up.</summary>
    public const string Ready = "ready";

    /// <summary>The line that asks for what has left the silo so far; answered by one line of JSON.</summary>
    public const string Count = "count";

    public static Command Create()
    {
        var spec = new Argument<string>("spec");
        var command = new Command("scale-node", "A silo of many synthetic devices; started by scale.") { spec };
        command.Hidden = true;
        command.SetAction((arguments, cancellationToken) => RunAsync(JsonSerializer.Deserialize<ScaleSpec>(arguments.GetValue(spec)!)!, cancellationToken));
        return command;
    }

    /// <remarks>Nobody is given up soon: many processes on few cores may be silent for seconds while they start.</remarks>
    public static ClusteringOptions Clustering(string connectionString) =>
        new() { Provider = ClusteringProvider.Sqlite, ConnectionString = connectionString, ProbeSeconds = 5 };

    private static async Task<int> RunAsync(ScaleSpec spec, CancellationToken cancellationToken)
    {
        var catalog = new SyntheticModelCatalog(ScaleSpec.Model);
        var timing = new SyntheticTiming { LayerSeconds = spec.LayerSeconds };
        using var bytes = new MessageBytes();
        var counter = new CallCounter();
        await using var silo = await BenchmarkSilo.StartAsync(new FogOptions
        {
            Catalog = catalog,
            Engines = new SyntheticStageEngineFactory(catalog, timing, TimeProvider.System),
            Profiler = new SyntheticDeviceProfiler(catalog, timing),
            Devices = spec.Devices,
            Planner = new PairCut(new PlanAdvisor(new SimulationJudge(new SimulationOptions()))),
            Serving = serving => (serving.Planner, serving.MaxSequenceTokens) = (spec.Planner, 1024),
            Clustering = Clustering(spec.ConnectionString),
            Silo = builder => Join(builder, spec, counter),
        });
        Console.WriteLine(Ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
            if (line == Count)
                Console.WriteLine(JsonSerializer.Serialize(new ScaleCounts(counter.Calls, bytes.Read(), counter.KvBytes)));
        return 0;
    }

    private static void Join(ISiloBuilder silo, ScaleSpec spec, CallCounter counter)
    {
        silo.Services.AddSingleton<IOutgoingGrainCallFilter>(counter);
        silo.Configure<SiloOptions>(options => options.SiloName = spec.Silo);
        silo.Services.AddSingleton(Options.Create(new FleetTimes { MinimumSilos = spec.Silos }));
        silo.AddE2LlmFleet(new LocalFleet
        {
            ModelId = ScaleSpec.Model.Id,
            Fleet = new FleetSpec { Name = "scale", Devices = [.. spec.Devices] },
            EmulatesNetwork = spec.EmulatesNetwork,
        });
    }
}
