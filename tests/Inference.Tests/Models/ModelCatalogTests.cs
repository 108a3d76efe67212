using E2LLM.Core.Errors;
using E2LLM.Inference.Models;
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

    [Fact]
    public async Task Open_OfAMissingFile_NamesIt()
    {
        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => ModelCatalog.OpenAsync(["/no/such.gguf"], models.Store, TestRuntime.Options, CancellationToken.None));
        Assert.Contains("/no/such.gguf", error.Message);
    }
}
