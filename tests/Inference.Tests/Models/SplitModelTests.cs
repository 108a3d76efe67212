using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Models;

/// <summary>A model in parts is served as the whole one is, by llama.cpp's own reader of vocabularies too.</summary>
[Collection(NativeCollection.Name)]
public sealed class SplitModelTests(TestModels models)
{
    private static readonly string Model = TestModels.Id("tiny-llama", GgmlType.Q8_0);

    [Fact]
    public async Task Serve_AModelInParts_SaysWhatTheWholeOneSays()
    {
        var parts = SplitCopy.Write(models.PathOf(Model), models.PathOf(Model) + "-split", 3);
        using var catalog = await ModelCatalog.OpenAsync([parts[1]], models.Store, TestRuntime.Options, CancellationToken.None);
        var spec = Assert.Single(catalog.Models);
        using var tokenizers = new LlamaTokenizerProvider(catalog, TestRuntime.Options);
        await tokenizers.TryAllAsync(CancellationToken.None);
        var factory = new LlamaStageEngineFactory(catalog, models.Store, TestRuntime.Options, TimeProvider.System);

        Assert.Equal(models.Catalog.Find(Model)!.LayerBytes.AsEnumerable(), spec.LayerBytes);
        Assert.Equal(await AnswerAsync(models.Factory, Model), await AnswerAsync(factory, spec.Id));
    }

    private static async Task<List<int>> AnswerAsync(LlamaStageEngineFactory factory, string modelId)
    {
        await using var engine = await factory.CreateAsync(
            new StageEngineSpec
            {
                ModelId = modelId,
                Device = new DeviceSpec { Id = "d", MemoryBytes = 1 << 30 },
                FirstLayer = 0,
                LayerCount = 8,
                Settings = new EngineSettings { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 },
            },
            CancellationToken.None);
        var tokens = new List<int> { 7 };
        for (var position = 0; position < 12; position++)
        {
            var step = new StageStep
            {
                StepNumber = position,
                Commands = position == 0 ? [SequenceCommand.Open(0, SamplingOptions.Greedy)] : [],
                Rows = [new StepRow(tokens[^1], position, 0, IsOutput: true)],
            };
            tokens.Add((await engine.ExecuteAsync(step, CancellationToken.None)).SampledTokens[0]);
        }
        return tokens;
    }
}
