using E2LLM.Benchmarks.Nodes;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Gguf.Store;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.Benchmarks.Fog;

/// <summary>A model of random weights, made once: its speed is that of real weights of the shape and type, its text is noise.</summary>
internal sealed record BenchmarkModel(string Name, string Directory, string FilePath, ModelCatalog Catalog, LlamaStageEngineFactory Engines)
{
    public ModelSpec Spec => Catalog.Models[0];

    /// <param name="library">The runtime; null: the default.</param>
    public static async Task<BenchmarkModel> OpenAsync(
        string directory, string shape, GgmlType type, CancellationToken cancellationToken, LlamaLibraryOptions? library = null)
    {
        System.IO.Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $"{shape}-{type}.gguf");
        if (!File.Exists(path))
        {
            Console.WriteLine($"making {path}");
            RandomModel.Write(path + ".new", ModelShapes.Get(shape), type, seed: 1);
            File.Move(path + ".new", path);
        }
        return await OpenAsync(shape, directory, path, library, cancellationToken);
    }

    /// <param name="library">The runtime; null: the default.</param>
    public static Task<BenchmarkModel> OpenFileAsync(
        string directory, string path, CancellationToken cancellationToken, LlamaLibraryOptions? library = null) =>
        OpenAsync(Path.GetFileNameWithoutExtension(path), directory, path, library, cancellationToken);

    private static async Task<BenchmarkModel> OpenAsync(
        string name, string directory, string path, LlamaLibraryOptions? library, CancellationToken cancellationToken)
    {
        library ??= new LlamaLibraryOptions();
        var slices = new SliceStore(Path.Combine(directory, "slices"));
        var catalog = await ModelCatalog.OpenAsync([path], slices, library, cancellationToken);
        return new BenchmarkModel(name, directory, path, catalog, new LlamaStageEngineFactory(catalog, slices, library, TimeProvider.System));
    }

    /// <summary>A second silo process with devices for this model.</summary>
    public NodeSpec Node(DeviceSpec[] devices, string cut, ServingOptions serving) =>
        new() { Devices = devices, Shape = Name, DataDirectory = Directory, Cut = cut, Serving = serving };
}
