using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.Tests.Slicing;

public sealed class WindowPeriodsTests
{
    [Theory]
    [InlineData(2, 24, 2)] // gpt-oss
    [InlineData(6, 26, 6)] // gemma3
    [InlineData(6, 62, 6)]
    [InlineData(0, 12, 1)] // all alike
    [InlineData(1, 12, 1)]
    public void CutPeriodLayers_OfAPeriod_IsThatPeriod(uint period, int layers, int expected) =>
        Assert.Equal(expected, WindowPeriods.CutPeriodLayers(WindowPeriods.IsWindowed(period, 0, layers)));

    [Fact]
    public void CutPeriodLayers_WithoutAPeriod_LeavesTheModelWhole() =>
        Assert.Equal(7, WindowPeriods.CutPeriodLayers([true, false, false, true, true, false, true]));

    [Fact]
    public void CutPeriodLayers_WithoutWindows_IsOne() => Assert.Equal(1, WindowPeriods.CutPeriodLayers([]));

    [Fact]
    public void Find_OfEverySliceBetweenTheCuts_GivesTheLayersBack()
    {
        var model = WindowPeriods.IsWindowed(6, 0, 26);
        for (var first = 0; first < 26; first += 6)
            for (var end = first + 6; end <= 30; end += 6)
            {
                var slice = model[first..Math.Min(end, 26)];
                Assert.Equal(slice, WindowPeriods.IsWindowed(WindowPeriods.Find(slice)!.Value, 0, slice.Length));
            }
    }
}
