using System.CommandLine;
using System.Text.Json;
using E2LLM.Benchmarks.Fog;
using E2LLM.Gguf.Format;

namespace E2LLM.Benchmarks.Nodes;

/// <summary><c>node</c>: a second silo, started by a benchmark. It ends when its standard input does, so it never outlives its parent.</summary>
internal static class NodeCommand
{
    /// <summary>The line that says that the silo is up.</summary>
    public const string Ready = "ready";

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
        var model = await BenchmarkModel.OpenAsync(spec.DataDirectory, spec.Shape, GgmlType.Q4_0, cancellationToken);
        await using var silo = await BenchmarkSilo.StartAsync(
            new FogOptions
            {
                Catalog = model.Catalog,
                Engines = model.Engines,
                Devices = spec.Devices,
                Planner = FixedCut.Parse(spec.Cut),
                Serving = options => ServingOptionsCopy.Copy(spec.Serving, options),
            },
            spec.PrimarySiloPort);
        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync(cancellationToken);
        return 0;
    }
}
