using E2LLM.Scheduling.Prefixes;

namespace E2LLM.Scheduling.Tests.Prefixes;

public sealed class ExactPrefixBlockTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(63, 63)]
    [InlineData(64, 64)]
    [InlineData(96, 192)]
    [InlineData(256, 256)]
    [InlineData(8191, 524_224)]
    public void Tokens_OfAnyStep_AreWholeStepsAndFromATileOnWholeTiles(int maxStepTokens, int expected) =>
        Assert.Equal(expected, ExactPrefixBlock.Tokens(maxStepTokens));
}
