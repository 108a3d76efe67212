using E2LLM.Core.Buffers;

namespace E2LLM.Inference.Tests.Engines;

public sealed class FiniteScanTests
{
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void IndexOfNonFinite_FindsItAtEveryPlace(float bad)
    {
        for (var index = 0; index < 37; index++)
        {
            var values = Enumerable.Range(0, 37).Select(value => value * 1e36f).ToArray();
            values[index] = bad;
            Assert.Equal(index, FiniteScan.IndexOfNonFinite(values));
        }
    }

    [Fact]
    public void IndexOfNonFinite_OfExtremeButFiniteValues_FindsNothing()
    {
        Assert.Equal(-1, FiniteScan.IndexOfNonFinite(Enumerable.Repeat(float.MaxValue, 100).ToArray()));
        Assert.Equal(-1, FiniteScan.IndexOfNonFinite([]));
    }

    [Theory]
    [InlineData(float.NaN, true)]
    [InlineData(float.NegativeInfinity, false)]
    [InlineData(float.PositiveInfinity, false)]
    [InlineData(1f, false)]
    public void HasNaN_WhereverItStands_TellsItFromInfinities(float value, bool isNaN)
    {
        for (var index = 0; index < 37; index++)
        {
            var values = new float[37];
            values[0] = float.NegativeInfinity;
            values[index] = value;
            Assert.Equal(isNaN, FiniteScan.HasNaN(values));
        }
    }
}
