using System.Collections.Immutable;
using E2LLM.Benchmarks.Fog;
using E2LLM.Benchmarks.Nodes;
using E2LLM.Benchmarks.Serving;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Plans;
using E2LLM.Inference.Models;
using E2LLM.Inference.Runtimes;

namespace E2LLM.MixedRuntimes.Tests;

/// <summary>
/// A fog of two silos, this process on <c>llamasharp</c> and another one on <c>llamacpp</c>. Their bits differ; of the demo model's answers,
/// each of whose tokens is far likelier than the next, no token does.
/// </summary>
public sealed class MixedRuntimesTests : IDisposable
{
    private const int AnswerTokens = 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("e2llm-mixed-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("prefill here:8; decoder there:8")]
    [InlineData("prefill there:8; decoder here:8")]
    [InlineData("prefill here:3 there:5; decoder there-too:4 here-too:4")]
    [InlineData("mixed here:4 there:4")]
    [InlineData("mixed there:3 here:5")]
    public async Task Answer_OfAFogOfTwoRuntimes_IsThatOfOne(string cut)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "e2llm-demo-q8_0.gguf");
        var library = new LlamaLibraryOptions { Runtime = "llamasharp" };
        var model = await BenchmarkModel.OpenFileAsync(_directory, path, CancellationToken.None, library);
        using var tokenizers = new LlamaTokenizerProvider(model.Catalog, library);
        var prompt = (await tokenizers.GetAsync(model.Spec.Id, CancellationToken.None)).TokenizeChat([new ChatTurn("user", "What is a replica?")]);
        var serving = new ServingOptions { KvCells = 256, MaxSequences = 4, MaxStepTokens = 64 };
        var fog = await BenchmarkFog.StartAsync(
            new FogOptions
            {
                Catalog = model.Catalog,
                Engines = model.Engines,
                Devices = [FogOptions.Device("here"), FogOptions.Device("here-too")],
                Planner = FixedCut.Parse(cut),
                Serving = options => ServingOptionsCopy.Copy(serving, options),
            },
            new NodeSpec
            {
                Devices = [FogOptions.Device("there"), FogOptions.Device("there-too")],
                Shape = "",
                ModelPath = path,
                Runtime = "llamacpp",
                DataDirectory = Path.Combine(_directory, "there"),
                Cut = cut,
                Serving = serving,
            });

        await using (fog)
            Assert.Equal(await AloneAsync(model, prompt), await AnswerAsync(fog, model.Spec, prompt));
        // So the other silo computed, and did not just look on.
        Assert.True(fog.Nodes[0].EngineLoads > 0);
    }

    private static async Task<int[]> AnswerAsync(BenchmarkFog fog, ModelSpec model, ImmutableArray<int> prompt)
    {
        List<int> tokens = [];
        await foreach (var chunk in fog.StreamAsync(new GenerationRequest
        {
            Id = "mixed",
            ModelId = model.Id,
            PromptTokens = prompt,
            MaxTokens = AnswerTokens,
            Sampling = SamplingOptions.Greedy,
        }))
            tokens.AddRange(chunk.Tokens);
        return [.. tokens];
    }

    /// <summary>The whole model on this process's runtime.</summary>
    private static async Task<int[]> AloneAsync(BenchmarkModel model, ImmutableArray<int> prompt)
    {
        await using var engine = await BareEngine.LoadAsync(model, new EngineSettings { KvCells = 256, MaxSequences = 1, MaxSequenceTokens = 256, MaxStepTokens = 64 });
        return [.. await BareEngine.AnswerAsync(engine, prompt, AnswerTokens)];
    }
}
