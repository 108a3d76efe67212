using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Inference.Models;
using E2LLM.Inference.Profiling;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Models;

[Collection(NativeCollection.Name)]
public sealed class ModelCatalogTests(TestModels models)
{
    [Fact]
    public void Find_OfTheDemoModel_GivesItsFacts()
    {
        var spec = models.Catalog.Find(TestModels.Demo)!;
        Assert.Equal((8, 192, 2048), (spec.LayerCount, spec.EmbeddingLength, spec.VocabularySize));
        Assert.Equal((384, 64), (spec.ContextLengthTokens, spec.Sha256.Length));
        Assert.Null(models.Catalog.Find("gpt-9"));
    }

    [Fact]
    public async Task Open_OfTwoFilesWithOneName_IsAConfigurationError()
    {
        var path = models.PathOf(TestModels.Demo);
        var error = await Assert.ThrowsAsync<ConfigurationException>(
            () => ModelCatalog.OpenAsync([path, path], models.Store, TestRuntime.Options, CancellationToken.None));
        Assert.Contains(TestModels.Demo, error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(ProfilePoints.LeastContextTokens - 1)]
    public async Task Open_OfAContextThatIsTooShortToBeTimed_NamesFileKeyAndValue(int contextTokens)
    {
        var path = models.PathOf($"context-{contextTokens}");
        var shape = ModelShapes.Get("tiny-llama");
        RandomModel.Write(path, shape with { Sizes = shape.Sizes with { ContextLengthTokens = contextTokens } }, GgmlType.Q8_0, seed: 7);

        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None));

        Assert.Equal($"{path}: 'llama.context_length' is {contextTokens}; a model is served from 17 tokens on.", error.Message);
    }

    [Fact]
    public async Task Open_OfAMissingFile_NamesIt()
    {
        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => ModelCatalog.OpenAsync(["/no/such.gguf"], models.Store, TestRuntime.Options, CancellationToken.None));
        Assert.Contains("/no/such.gguf", error.Message);
    }
}
