using E2LLM.Core.Fleets;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class StepSizeTests
{
    /// <summary>Per-layer seconds of 1, 16, 64 and 256 rows.</summary>
    [Theory]
    [InlineData(new[] { 1.0, 16, 64, 256 }, 64)] // a row costs the same everywhere
    [InlineData(new[] { 1.0, 16, 64, 200 }, 64)] // cheaper by 22 %
    [InlineData(new[] { 1.0, 16, 64, 190 }, 256)] // by 26 %
    [InlineData(new[] { 1.0, 1, 1, 1 }, 256)] // as on a GPU
    [InlineData(new[] { 1.0, 2, 64, 256 }, 64)] // small ones do not count, however cheap
    [InlineData(new[] { 1.0, 16, 64, 300 }, 64)]
    public void MaxStepTokens_OfAProfile_IsTheSmallestWithoutWaste(double[] seconds, int expected) =>
        Assert.Equal(expected, StepSize.MaxStepTokens([Profile(seconds)]));

    [Fact]
    public void MaxStepTokens_UnlikeDevices_IsWhatTheMostDemandingOneNeeds() =>
        Assert.Equal(256, StepSize.MaxStepTokens([Profile([1, 16, 64, 256]), Profile([1, 1, 1, 1])]));

    [Fact]
    public void MaxStepTokens_NothingToGoBy_IsTheSmallest()
    {
        Assert.Equal(64, StepSize.MaxStepTokens([]));
        Assert.Equal(64, StepSize.MaxStepTokens([Profile([1, 16])]));
    }

    private static DeviceProfile Profile(double[] seconds) => new()
    {
        DeviceId = "d",
        ModelId = "m",
        Source = ProfileSource.Synthetic,
        MemoryBytes = 1,
        Cores = 1,
        Prefill = [.. new[] { 1, 16, 64, 256 }.Zip(seconds, (tokens, value) => new PrefillPoint(tokens, value))],
        Decode = [],
    };
}
