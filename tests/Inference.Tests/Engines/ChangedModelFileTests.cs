using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Engines;

/// <summary>The model's file is its owner's: what they do to it while it is served is noticed, and never answered from.</summary>
[Collection(NativeCollection.Name)]
public sealed class ChangedModelFileTests : IAsyncLifetime
{
    private static readonly DateTime LongAgo = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly TestModels _models;
    private readonly string _path;
    private readonly string _other;
    private ModelCatalog _catalog = null!;
    private LlamaStageEngineFactory _factory = null!;

    public ChangedModelFileTests(TestModels models)
    {
        _models = models;
        _path = models.PathOf("served");
        _other = models.PathOf("other");
    }

    public async Task InitializeAsync()
    {
        RandomModel.Write(_path, ModelShapes.Get("tiny-llama"), GgmlType.Q8_0, seed: 7);
        RandomModel.Write(_other, ModelShapes.Get("tiny-llama"), GgmlType.Q8_0, seed: 8);
        File.SetLastWriteTimeUtc(_path, LongAgo);
        _catalog = await ModelCatalog.OpenAsync([_path], _models.Store, TestRuntime.Options, CancellationToken.None);
        _factory = new LlamaStageEngineFactory(_catalog, _models.Store, TestRuntime.Options, TimeProvider.System);
    }

    public Task DisposeAsync()
    {
        _catalog.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Execute_AfterTheFileWasOverwrittenInPlace_FailsAndSaysWhatToDo()
    {
        await using var engine = await CreateAsync(0, 8);

        OverwriteInPlace(_other);

        var error = await Assert.ThrowsAsync<ModelFileException>(() => AnswerAsync(engine));
        Assert.StartsWith($"{_path}: the file was changed while it was in use: it was written to at ", error.Message, StringComparison.Ordinal);
        Assert.Contains("Start anew", error.Message);
        Assert.Contains("put the former file back", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public async Task Execute_AfterTheFileWasCutShort_FailsAndDoesNotEndTheProcess(double part)
    {
        await using var engine = await CreateAsync(0, 3);
        var length = new FileInfo(_path).Length;
        var left = (long)(length * part);

        using (var file = new FileStream(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(left);

        var error = await Assert.ThrowsAsync<ModelFileException>(() => AnswerAsync(engine));
        Assert.Contains($"it had {length} bytes and has {left}", error.Message);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(3, 5)]
    public async Task Create_AfterTheFileWasOverwrittenInPlace_FailsOnEveryStage(int firstLayer, int layerCount)
    {
        await using (await CreateAsync(firstLayer, layerCount))
            OverwriteInPlace(_other);

        var error = await Assert.ThrowsAsync<ModelFileException>(() => CreateAsync(firstLayer, layerCount));
        Assert.Contains("was changed while it was in use", error.Message);
    }

    [Fact]
    public async Task Execute_OnceTheFormerFileIsBack_IsAsBefore()
    {
        var backup = _path + ".backup";
        File.Copy(_path, backup, overwrite: true);
        await using var engine = await CreateAsync(0, 8);
        var before = await AnswerAsync(engine);
        OverwriteInPlace(_other);
        await Assert.ThrowsAsync<ModelFileException>(() => AnswerAsync(engine));

        OverwriteInPlace(backup);
        File.SetLastWriteTimeUtc(_path, LongAgo);

        Assert.Equal(before, await AnswerAsync(engine));
    }

    [Fact]
    public async Task Execute_AfterAnotherFileWasRenamedToItsName_IsAsBefore()
    {
        await using var engine = await CreateAsync(0, 8);
        var before = await AnswerAsync(engine);

        File.Move(_other, _path, overwrite: true);

        Assert.Equal(before, await AnswerAsync(engine));
        await using var reloaded = await CreateAsync(0, 8);
        Assert.Equal(before, await AnswerAsync(reloaded));
    }

    [Fact]
    public async Task Execute_AfterTheFileWasDeleted_IsAsBefore()
    {
        await using var engine = await CreateAsync(0, 8);
        var before = await AnswerAsync(engine);

        File.Delete(_path);

        Assert.Equal(before, await AnswerAsync(engine));
    }

    /// <summary>As cp does: the file stays the same one.</summary>
    private void OverwriteInPlace(string source)
    {
        using var file = new FileStream(_path, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite);
        file.Write(File.ReadAllBytes(source));
    }

    private Task<IStageEngine> CreateAsync(int firstLayer, int layerCount) => _factory.CreateAsync(
        new StageEngineSpec
        {
            ModelId = "served",
            Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
            FirstLayer = firstLayer,
            LayerCount = layerCount,
            Settings = new EngineSettings { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 },
        },
        CancellationToken.None);

    private static async Task<int> AnswerAsync(IStageEngine engine)
    {
        var result = await engine.ExecuteAsync(
            new StageStep
            {
                StepNumber = 0,
                Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
                Rows = [new StepRow(7, 0, 0, false), new StepRow(1999, 1, 0, true)],
            },
            CancellationToken.None);
        result.Hidden?.Dispose();
        return result.SampledTokens.IsDefaultOrEmpty ? -1 : result.SampledTokens[0];
    }
}
