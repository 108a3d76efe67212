using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.RandomModels;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Models;
using E2LLM.Inference.Profiling;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Profiling;

[Collection(NativeCollection.Name)]
public sealed class LlamaDeviceProfilerTests(TestModels models)
{
    private static readonly DeviceSpec Host = new() { Id = "host", MemoryBytes = 123 };

    [Fact]
    public async Task Profile_OfDevicesWithTheSameThreads_SharesOneMeasurement()
    {
        var profiler = new LlamaDeviceProfiler(models.Catalog, models.Factory);
        var host = await profiler.ProfileAsync(Host, TestModels.Demo, CancellationToken.None);
        var slow = await profiler.ProfileAsync(Host with { Id = "pi", SlowdownFactor = 8 }, TestModels.Demo, CancellationToken.None);
        Assert.Equal((ProfileSource.Measured, ProfileSource.Emulated), (host.Source, slow.Source));
        Assert.Equal(("pi", TestModels.Demo, 123L, 1), (slow.DeviceId, slow.ModelId, slow.MemoryBytes, slow.Cores));
        Assert.Equal(host.Decode.Select(point => point.SecondsPerLayer * 8), slow.Decode.Select(point => point.SecondsPerLayer));
        Assert.Equal(host.Prefill.Select(point => point.SecondsPerLayer * 8), slow.Prefill.Select(point => point.SecondsPerLayer));
        Assert.Equal(host.Head.Select(point => point.Seconds * 8), slow.Head.Select(point => point.Seconds));
        Assert.Equal((host.CallSeconds * 8, host.HeadSeconds * 8), (slow.CallSeconds, slow.HeadSeconds));
    }

    [Theory]
    [InlineData(TestModels.Demo)]
    [InlineData("tiny-gpt-oss-q8_0")]
    public async Task Profile_GivesPositiveTimesInAscendingOrder(string modelId)
    {
        var profile = await new LlamaDeviceProfiler(models.Catalog, models.Factory).ProfileAsync(Host, modelId, CancellationToken.None);
        Assert.Equal([1, 16, 64, 256], profile.Prefill.Select(point => point.ChunkTokens));
        Assert.Equal([1, 4, 8, 16], profile.Decode.Select(point => point.BatchSequences));
        Assert.All(profile.Prefill, point => Assert.True(point.SecondsPerLayer > 0));
        Assert.All(profile.Decode, point => Assert.True(point.SecondsPerLayer > 0));
        Assert.True(profile is { CallSeconds: >= 0, HeadSeconds: >= 0 });
        Assert.Equal([1, 4, 8, 16], profile.Head.Select(point => point.Rows));
        Assert.Equal(profile.HeadSeconds, profile.Head[0].Seconds);
        Assert.Equal(profile.Head.Select(point => point.Seconds).Order(), profile.Head.Select(point => point.Seconds));
    }

    [Fact]
    public async Task Profile_OfAModelWhoseLayersGiveNoNumbers_NamesFileAndLayersAndNoDevice()
    {
        var model = TestModels.Id("tiny-llama", GgmlType.F32);
        var engines = new LlamaStageEngineFactory(
            models.Catalog, new DamagedSlices(models.Store, 3, "ffn_down.weight"), TestRuntime.Options, TimeProvider.System);

        var error = await Assert.ThrowsAsync<ModelFileException>(
            () => new LlamaDeviceProfiler(models.Catalog, engines).ProfileAsync(Host, model, CancellationToken.None));

        Assert.StartsWith($"{models.PathOf(model)}: Engine of '{model}' layers 3-4, which is being timed: step 0 failed", error.Message, StringComparison.Ordinal);
        Assert.Contains("came out of layer 4 with NaN", error.Message);
        Assert.DoesNotContain("on device", error.Message);
    }

    [Fact]
    public async Task Profile_OfAModelWithTheShortestContext_IsTaken()
    {
        var path = models.PathOf("shortest");
        var shape = ModelShapes.Get("tiny-llama");
        RandomModel.Write(
            path, shape with { Sizes = shape.Sizes with { ContextLengthTokens = ProfilePoints.LeastContextTokens } }, GgmlType.Q8_0, seed: 7);
        using var catalog = await ModelCatalog.OpenAsync([path], models.Store, TestRuntime.Options, CancellationToken.None);
        var engines = new LlamaStageEngineFactory(catalog, models.Store, TestRuntime.Options, TimeProvider.System);

        var profile = await new LlamaDeviceProfiler(catalog, engines).ProfileAsync(Host, "shortest", CancellationToken.None);

        Assert.Equal([1, 16], profile.Prefill.Select(point => point.ChunkTokens));
    }

    [Fact]
    public async Task Profile_OfAnUnknownModel_FailsEveryTime()
    {
        var profiler = new LlamaDeviceProfiler(models.Catalog, models.Factory);
        for (var attempt = 0; attempt < 2; attempt++)
            await Assert.ThrowsAsync<RequestRejectedException>(() => profiler.ProfileAsync(Host, "gpt-9", CancellationToken.None));
    }
}
