using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Engines;

/// <summary>Damaged weights are found where they are: on the device that has them, and not on the one behind it.</summary>
[Collection(NativeCollection.Name)]
public sealed class StageTrialTests(TestModels models)
{
    private static readonly string Model = TestModels.Id("tiny-llama", GgmlType.F32);

    [Theory]
    [InlineData("ffn_down.weight")]
    [InlineData("attn_norm.weight")]
    [InlineData("attn_v.weight")]
    public async Task Create_WithANaNInLayer2Of2Stages_FailsOnTheDeviceOfLayer2(string tensor)
    {
        var factory = Factory(2, tensor);

        var error = await Assert.ThrowsAsync<ModelFileException>(() => factory.CreateAsync(Stage("front", 0, 3), CancellationToken.None));

        Assert.StartsWith(models.PathOf(Model), error.Message, StringComparison.Ordinal);
        Assert.Contains("layers 0-2 on device 'front'", error.Message);
        Assert.Contains("came out of layer 2 with NaN", error.Message);
        await using var back = await factory.CreateAsync(Stage("back", 3, 5), CancellationToken.None);
    }

    [Fact]
    public async Task Create_WithANaNInTheLastStage_FailsThere()
    {
        var factory = Factory(-1, "output_norm.weight");

        var error = await Assert.ThrowsAsync<ModelFileException>(() => factory.CreateAsync(Stage("back", 3, 5), CancellationToken.None));

        Assert.Contains("layers 3-7 on device 'back'", error.Message);
        Assert.Contains("not numbers", error.Message);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(0, 3)]
    [InlineData(3, 5)]
    public async Task Create_WhereSomeTokensGiveNoNumbersAndOthersDo_FailsAllTheSame(int firstLayer, int layerCount)
    {
        var path = models.PathOf(Model) + ".bad-half.gguf";
        File.Copy(models.PathOf(Model), path, overwrite: true);
        using var catalog = await ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None);
        var (spec, file) = catalog.Get(catalog.Models[0].Id);
        DamagedSlices.Damage(path, file.Embedding.RowOffsetBytes(spec.VocabularySize / 2));
        var factory = new LlamaStageEngineFactory(catalog, models.Store, TestRuntime.Options, TimeProvider.System);

        var error = await Assert.ThrowsAnyAsync<E2LlmException>(
            () => factory.CreateAsync(Stage("d", firstLayer, layerCount) with { ModelId = spec.Id }, CancellationToken.None));

        Assert.DoesNotContain("was changed", error.Message);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 64, 48)]
    [InlineData(16, 64, 2)]
    [InlineData(16, 5, 48)]
    public async Task Create_WithRoomForFewTokens_TriesFewer(int stepTokens, int cells, int sequenceTokens)
    {
        var small = Stage("d", 3, 5) with
        {
            Settings = new EngineSettings { KvCells = cells, MaxSequences = 1, MaxStepTokens = stepTokens, MaxSequenceTokens = sequenceTokens },
        };

        await using var engine = await models.Factory.CreateAsync(small, CancellationToken.None);

        Assert.Equal(default, engine.Usage);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(0, 3)]
    [InlineData(3, 5)]
    public async Task Create_OfASoundStage_LeavesItEmpty(int firstLayer, int layerCount)
    {
        await using var engine = await models.Factory.CreateAsync(Stage("d", firstLayer, layerCount), CancellationToken.None);

        Assert.Equal(default, engine.Usage);
    }

    [Theory]
    [InlineData(3, "position 0 of slot 2 came out of layer 2 with NaN")]
    [InlineData(8, "logits of position 0 are not numbers")]
    public async Task Execute_OfAStageThatGoesBadLater_FailsThereAndSaysOnWhoseRows(int layerCount, string reason)
    {
        const int token = 200;
        var path = models.PathOf(Model) + ".going-bad.gguf";
        File.Copy(models.PathOf(Model), path, overwrite: true);
        using var catalog = await ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None);
        var factory = new LlamaStageEngineFactory(catalog, models.Store, TestRuntime.Options, TimeProvider.System);
        var spec = Stage("front", 0, layerCount) with { ModelId = catalog.Models[0].Id };
        await using var engine = await factory.CreateAsync(spec, CancellationToken.None);
        DamagedSlices.Damage(path, catalog.Get(spec.ModelId).File.Embedding.RowOffsetBytes(token));

        var error = await Assert.ThrowsAsync<EngineException>(() => RunAsync((1, token + 1), (2, token)));

        Assert.Equal((true, 2), (error.IsNotANumber, error.Slot));
        Assert.Contains("on device 'front'", error.Message);
        Assert.Contains(reason, error.Message);
        // What it left behind is gone: the next request is served.
        var result = await RunAsync((1, token + 1));
        Assert.True(result.Hidden is { Rows: 1 } || result.SampledTokens.Length == 1);

        Task<StageResult> RunAsync(params (int Slot, int Token)[] inputs) => engine.ExecuteAsync(
            new StageStep
            {
                StepNumber = 0,
                Commands = [.. inputs.Select(input => SequenceCommand.Open(input.Slot, SamplingOptions.Greedy))],
                Rows = [.. inputs.Select(input => new StepRow(input.Token, 0, input.Slot, true))],
            },
            CancellationToken.None);
    }

    private static StageEngineSpec Stage(string device, int firstLayer, int layerCount) => new()
    {
        ModelId = Model,
        Device = new DeviceSpec { Id = device, MemoryBytes = 1 << 30 },
        FirstLayer = firstLayer,
        LayerCount = layerCount,
        Settings = new EngineSettings { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 },
    };

    private LlamaStageEngineFactory Factory(int layer, string tensor) =>
        new(models.Catalog, new DamagedSlices(models.Store, layer, tensor), TestRuntime.Options, TimeProvider.System);
}
