using E2LLM.Core.Models;

namespace E2LLM.Core.Tests.Models;

public sealed class ModelSpecTests
{
    private static readonly ModelSpec Model = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 100,
        EmbeddingLength = 8,
        VocabularySize = 10,
        LayerBytes = [1, 20, 300],
        LayerKvBytesPerToken = [4, 5, 6],
        HeadBytes = 4000,
        EmbeddingBytes = 50_000,
        SharedBytes = 600_000,
    };

    [Theory]
    [InlineData(0, 3, 654_321)]
    [InlineData(0, 1, 650_001)]
    [InlineData(1, 1, 600_020)]
    [InlineData(1, 2, 604_320)]
    public void WeightBytes_OfARange_CountsEmbeddingOnTheFirstAndHeadOnTheLastSlice(int first, int count, long expected) =>
        Assert.Equal(expected, Model.WeightBytes(first, count));

    [Fact]
    public void KvBytesPerToken_OfARange_SumsItsLayers() => Assert.Equal(11, Model.KvBytesPerToken(1, 2));

    [Fact]
    public void HiddenBytesPerToken_Always_IsFourBytesAValue() => Assert.Equal(32, Model.HiddenBytesPerToken);
}
