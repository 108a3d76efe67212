using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
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
    public async Task Profile_OfAnUnknownModel_FailsEveryTime()
    {
        var profiler = new LlamaDeviceProfiler(models.Catalog, models.Factory);
        for (var attempt = 0; attempt < 2; attempt++)
            await Assert.ThrowsAsync<RequestRejectedException>(() => profiler.ProfileAsync(Host, "gpt-9", CancellationToken.None));
    }
}
