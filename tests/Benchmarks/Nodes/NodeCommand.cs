using System.CommandLine;
using System.Net;
using System.Text.Json;
using E2LLM.Benchmarks.Fog;
using E2LLM.Core.Engines;
using E2LLM.Core.Models;
using E2LLM.Core.Weights;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Weights;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Weights;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Synthetic;

namespace E2LLM.Benchmarks.Nodes;

/// <summary><c>node</c>: a second silo, started by a benchmark. It ends when its standard input does, so it never outlives its parent.</summary>
internal static class NodeCommand
{
    /// <summary>The line that says that the silo is up.</summary>
    public const string Ready = "ready";

    /// <summary>Begins the last line, which says how many engines have been loaded.</summary>
    public const string EngineLoads = "engine loads ";

    public static Command Create()
    {
        var spec = new Argument<string>("spec");
        var command = new Command("node", "A second silo; started by the other commands.") { spec };
        command.Hidden = true;
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(JsonSerializer.Deserialize<NodeSpec>(arguments.GetValue(spec)!)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(NodeSpec spec, CancellationToken cancellationToken)
    {
        var (catalog, factory, file) = await OpenAsync(spec, cancellationToken);
        using var shared = spec.SharesWeights ? ModelFile.Open(file!) : null;
        var engines = new CountedEngines(factory);
        await using var silo = await BenchmarkSilo.StartAsync(
            new FogOptions
            {
                Catalog = catalog,
                Engines = engines,
                Devices = spec.Devices,
                Address = IPAddress.Parse(spec.Address),
                HasDevicesOnly = spec.HasDevicesOnly,
                Planner = FixedCut.Parse(spec.Cut),
                Serving = options => ServingOptionsCopy.Copy(spec.Serving, options),
                Silo = silo =>
                {
                    if (shared is not null)
                        silo.AddE2LlmWeights(_ => Weights(shared, catalog.Models[0], spec.DataDirectory));
                },
            },
            IPEndPoint.Parse(spec.Primary));
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync(cancellationToken);
        Console.WriteLine($"{EngineLoads}{engines.Loads}");
        return 0;
    }

    private static LocalWeights Weights(ModelFile file, ModelSpec model, string directory)
    {
        var folder = new WeightsFolder(Path.Combine(directory, "weights"), new MirrorLimits(), TimeProvider.System);
        return new LocalWeights(model.Id, async cancellationToken => await folder.ShareAsync(file, model.Sha256, cancellationToken), _ => new WeightsProgress());
    }

    private static async Task<(IModelCatalog Catalog, IStageEngineFactory Engines, string? File)> OpenAsync(NodeSpec spec, CancellationToken cancellationToken)
    {
        if (spec.SyntheticStepSeconds is { } seconds)
        {
            var catalog = new SyntheticModelCatalog(SyntheticModel.Spec("synthetic", width: spec.SyntheticWidth));
            return (catalog, new SyntheticStageEngineFactory(catalog, new SyntheticTiming { CallSeconds = seconds }, TimeProvider.System), null);
        }
        var library = spec.Runtime is { } runtime ? new LlamaLibraryOptions { Runtime = runtime } : null;
        var model = spec.ModelPath is { } path
            ? await BenchmarkModel.OpenFileAsync(spec.DataDirectory, path, cancellationToken, library)
            : await BenchmarkModel.OpenAsync(spec.DataDirectory, spec.Shape, GgmlType.Q4_0, cancellationToken, library);
        return (model.Catalog, model.Engines, model.FilePath);
    }
}
