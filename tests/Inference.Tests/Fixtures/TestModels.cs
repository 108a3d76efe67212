using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;

namespace E2LLM.Inference.Tests.Fixtures;

/// <summary>The demo model and tiny random ones of every architecture, made on first use and shared by the tests of a run.</summary>
public sealed class TestModels : IAsyncLifetime
{
    public const string Demo = "e2llm-demo-q8_0";

    private static readonly (string Shape, GgmlType Type)[] Random =
    [
        ("tiny-llama", GgmlType.F32), ("tiny-llama", GgmlType.F16), ("tiny-llama", GgmlType.Q8_0), ("tiny-llama", GgmlType.Q4_0),
        ("tiny-llama-tied", GgmlType.Q8_0), ("tiny-mixtral", GgmlType.Q8_0), ("tiny-qwen2", GgmlType.Q8_0), ("tiny-qwen3", GgmlType.Q8_0),
        ("tiny-qwen3moe", GgmlType.Q8_0), ("tiny-phi3", GgmlType.Q8_0), ("tiny-gpt-oss", GgmlType.Q8_0), ("tiny-gemma3", GgmlType.Q8_0),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("e2llm-inference-tests-").FullName;
    private ModelCatalog? _catalog;
    private LlamaStageEngineFactory? _factory;

    public static TheoryData<string> Architectures => [.. Random.Select(model => Id(model.Shape, model.Type)).Append(Demo)];

    public ModelCatalog Catalog => _catalog!;

    internal LlamaStageEngineFactory Factory => _factory!;

    internal SliceStore Store { get; private set; } = null!;

    public static string Id(string shape, GgmlType type) => $"{shape}-{type.ToString().ToLowerInvariant()}";

    public string PathOf(string modelId) => modelId == Demo ? DemoPath() : Path.Combine(_directory, modelId + ".gguf");

    public async Task InitializeAsync()
    {
        foreach (var (shape, type) in Random)
            RandomModel.Write(PathOf(Id(shape, type)), ModelShapes.Get(shape), type, seed: 7);
        Store = new SliceStore(Path.Combine(_directory, "store"));
        _catalog = await ModelCatalog.OpenAsync(
            Random.Select(model => PathOf(Id(model.Shape, model.Type))).Append(DemoPath()), Store, TestRuntime.Options, CancellationToken.None);
        _factory = new LlamaStageEngineFactory(_catalog, Store, TestRuntime.Options, TimeProvider.System);
    }

    public Task DisposeAsync()
    {
        _catalog?.Dispose();
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    public static string DemoPath()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "models", Demo + ".gguf") is var path && File.Exists(path))
                return path;
        throw new FileNotFoundException($"No folder above {AppContext.BaseDirectory} has models/{Demo}.gguf.");
    }
}
