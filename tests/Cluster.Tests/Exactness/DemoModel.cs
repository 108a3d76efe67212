using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Store;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;
using E2LLM.Inference.Profiling;

namespace E2LLM.Cluster.Tests.Exactness;

/// <summary>The demo model with everything that runs it. Slices live in a directory of their own.</summary>
public sealed class DemoModel : IAsyncLifetime
{
    private readonly string _directory = Path.Combine(Path.GetTempPath(), $"e2llm-cluster-tests-{Guid.NewGuid():N}");

    public ModelCatalog Catalog { get; private set; } = null!;

    public LlamaStageEngineFactory Engines { get; private set; } = null!;

    public LlamaDeviceProfiler Profiler { get; private set; } = null!;

    public ITokenizer Tokenizer { get; private set; } = null!;

    public ModelSpec Spec => Catalog.Models[0];

    public async Task InitializeAsync()
    {
        var slices = new SliceStore(_directory);
        Catalog = await ModelCatalog.OpenAsync([FindModel()], slices, new LlamaLibraryOptions(), CancellationToken.None);
        Engines = new LlamaStageEngineFactory(Catalog, slices, new LlamaLibraryOptions(), TimeProvider.System);
        Profiler = new LlamaDeviceProfiler(Catalog, Engines);
        Tokenizer = await new LlamaTokenizerProvider(Catalog, new LlamaLibraryOptions()).GetAsync(Spec.Id, CancellationToken.None);
    }

    public Task DisposeAsync()
    {
        Catalog.Dispose();
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>The answer of one engine that holds the whole model: the prompt in chunks of a step, then token by token.</summary>
    public async Task<IReadOnlyList<int>> BareAnswerAsync(GenerationRequest request, EngineSettings settings)
    {
        await using var engine = await Engines.CreateAsync(new StageEngineSpec
        {
            ModelId = Spec.Id,
            Device = new DeviceSpec { Id = "bare", MemoryBytes = 1L << 30 },
            FirstLayer = 0,
            LayerCount = Spec.LayerCount,
            Settings = settings,
        }, CancellationToken.None);
        var step = 0L;
        ImmutableArray<int> sampled = [];
        var prompt = request.PromptTokens;
        // The penalties look at the end of the prompt too.
        await RunAsync([SequenceCommand.Open(0, request.Sampling, [.. prompt.TakeLast(request.Sampling.PenaltyLastTokens)])], []);
        for (var first = 0; first < prompt.Length; first += settings.MaxStepTokens)
        {
            var count = Math.Min(settings.MaxStepTokens, prompt.Length - first);
            sampled = await RunAsync([], [.. Enumerable.Range(first, count).Select(position =>
                new StepRow(prompt[position], position, 0, position == prompt.Length - 1))]);
        }
        List<int> answer = [];
        while (answer.Count < request.MaxTokens && !request.StopTokens.Contains(sampled[0]))
        {
            answer.Add(sampled[0]);
            sampled = await RunAsync([], [new StepRow(sampled[0], prompt.Length + answer.Count - 1, 0, true)]);
        }
        return answer;

        async Task<ImmutableArray<int>> RunAsync(ImmutableArray<SequenceCommand> commands, ImmutableArray<StepRow> rows) =>
            (await engine.ExecuteAsync(new StageStep { StepNumber = step++, Commands = commands, Rows = rows }, CancellationToken.None)).SampledTokens;
    }

    internal static string FindModel()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
            if (File.Exists(Path.Combine(directory.FullName, "E2LLM.sln")))
                return Path.Combine(directory.FullName, "models", "e2llm-demo-q8_0.gguf");
        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
