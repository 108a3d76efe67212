using System.Text.Json;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Planning.Presets;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Costs;

/// <summary>The output head's weights are read once a step, whatever the number of its rows.</summary>
public class HeadTests
{
    [Theory]
    [InlineData(1, 0.1)]
    [InlineData(2, 0.15)]
    [InlineData(3, 0.2)]
    [InlineData(6, 0.5)] // the slope of the last segment
    public void Decode_MeasuredHead_IsReadBetweenAndBeyondItsPoints(int rows, double seconds)
    {
        var costs = Costs(Fixtures.Profile("d0", 1000, 1) with { HeadSeconds = 7, Head = [new(1, 0.1), new(3, 0.2), new(4, 0.3)] });
        Assert.Equal(seconds, costs.Decode(0, rows, 1, Core.Plans.KvCacheType.F16).HeadSeconds, 12);
        Assert.Equal(0.1, costs.Prefill(0, 8).HeadSeconds);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 2)]
    [InlineData(16, 6)]
    public void Decode_HeadMeasuredForOneRow_GrowsAsOurEnginesHeadsDo(int rows, double times)
    {
        var costs = Costs(Fixtures.Profile("d0", 1000, 1) with { HeadSeconds = 0.5 });
        Assert.Equal(0.5 * times, costs.Decode(0, rows, 1, Core.Plans.KvCacheType.F16).HeadSeconds, 12);
        Assert.Equal(0.5, costs.Prefill(0, 8).HeadSeconds);
    }

    [Fact]
    public void Create_AnalyticProfile_ReadsTheHeadOnceUntilItsArithmeticTakesLonger()
    {
        var model = Fixtures.Model(headBytes: 1000) with { EmbeddingLength = 10, VocabularySize = 100 };
        var head = AnalyticProfile.Create(Fixtures.Device("d0", 1000) with { SlowdownFactor = 2 }, model, flopsPerSecond: 1e4, bytesPerSecond: 1000, cores: 1).Head;
        // 2 s to read, 0.4 s of arithmetic a row.
        Assert.Equal([2, 2, 2, 3.2, 6.4], head.Take(5).Select(point => Math.Round(point.Seconds, 9)));
        Assert.Equal([1, 2, 4, 8, 16], head.Take(5).Select(point => point.Rows));
    }

    [Fact]
    public void Profile_ReadFromADocumentWithoutAHeadByRows_HasNone()
    {
        var profile = Fixtures.Profile("d0", 1000, 1) with { HeadSeconds = 0.5, Head = [new(2, 1)] };
        var now = JsonSerializer.SerializeToNode(profile)!.AsObject();
        Assert.Equal(new HeadPoint(2, 1), Assert.Single(JsonSerializer.Deserialize<DeviceProfile>(now)!.Head));
        Assert.True(now.Remove(nameof(DeviceProfile.Head)));
        var older = JsonSerializer.Deserialize<DeviceProfile>(now)!;
        Assert.Empty(older.Head);
        Assert.Equal(1, Costs(older).Decode(0, 4, 1, Core.Plans.KvCacheType.F16).HeadSeconds);
    }

    [Fact]
    public void Plan_PaperTestbed_IsNotHeldBackByTheHead()
    {
        var request = PresetRequests.Create(
            FleetPresets.Get("paper-testbed"), ModelShapes.Get("gpt-oss-20b"), WorkloadPresets.Get("extended"), PlanObjective.Capacity) with { EngineChoices = [] };
        Assert.InRange(PlannerRegistry.Get("exact").Plan(request, CancellationToken.None).Prediction!.CapacityRequestsPerSecond, 1.9, 2.2);
    }

    private static FleetCosts Costs(DeviceProfile profile)
    {
        var request = Fixtures.Request(Fixtures.Model(), (1000, 1));
        return new FleetCosts(request with { Profiles = [profile] });
    }
}
