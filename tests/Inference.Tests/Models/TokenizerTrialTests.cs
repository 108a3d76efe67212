using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Inference.Models;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Models;

/// <summary>What llama.cpp refuses of a vocabulary is known before anybody asks for it.</summary>
[Collection(NativeCollection.Name)]
public sealed class TokenizerTrialTests(TestModels models)
{
    private static readonly string Model = TestModels.Id("tiny-llama", GgmlType.F32);

    [Fact]
    public async Task TryAll_OfSoundModels_TakesThemAll()
    {
        using var provider = new LlamaTokenizerProvider(models.Catalog, TestRuntime.Options);
        await provider.TryAllAsync(CancellationToken.None);
    }

    [Fact]
    public async Task TryAll_OfAnUnknownPreTokenizer_SaysSoAndNamesTheFile()
    {
        var path = models.PathOf(Model) + ".pre-zzz.gguf";
        OddModel.WithBytePairs(models.PathOf(Model), path, "zzz");

        var error = await TryAsync(path);

        Assert.StartsWith(path, error!.Message, StringComparison.Ordinal);
        Assert.Contains("zzz", error.Message);
        Assert.False(error.MayRetry);
    }

    [Fact]
    public async Task TryAll_OfAKnownPreTokenizer_TakesIt()
    {
        var path = models.PathOf(Model) + ".pre-qwen2.gguf";
        OddModel.WithBytePairs(models.PathOf(Model), path, "qwen2");

        Assert.Null(await TryAsync(path));
    }

    [Fact]
    public async Task TryAll_OfAddBosTokenAsANumber_NamesTheKey()
    {
        var path = models.PathOf(Model) + ".bos-u8.gguf";
        OddModel.WithBoolAsUInt8(models.PathOf(Model), path, "tokenizer.ggml.add_bos_token");

        Assert.Contains("tokenizer.ggml.add_bos_token", (await TryAsync(path))!.Message);
    }

    [Fact]
    public async Task Get_AfterTheFileIsGone_GivesTheTokenizerThatWasTried()
    {
        var path = models.PathOf(Model) + ".to-be-deleted.gguf";
        File.Copy(models.PathOf(Model), path);
        using var catalog = await ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None);
        using var provider = new LlamaTokenizerProvider(catalog, TestRuntime.Options);
        await provider.TryAllAsync(CancellationToken.None);
        File.Delete(path);

        var tokenizer = await provider.GetAsync(catalog.Models[0].Id, CancellationToken.None);

        Assert.NotEmpty(tokenizer.Tokenize("fox", addSpecial: false, parseSpecial: false));
    }

    private async Task<ModelFileException?> TryAsync(string path)
    {
        using var catalog = await ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None);
        using var provider = new LlamaTokenizerProvider(catalog, TestRuntime.Options);
        try
        {
            await provider.TryAllAsync(CancellationToken.None);
            return null;
        }
        catch (ModelFileException error)
        {
            return error;
        }
    }
}
