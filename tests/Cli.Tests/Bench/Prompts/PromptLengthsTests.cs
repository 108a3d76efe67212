using E2LLM.Cli.Bench.Prompts;

namespace E2LLM.Cli.Tests.Bench.Prompts;

public sealed class PromptLengthsTests
{
    [Fact]
    public void Through_TwoCounts_IsTheLineThroughThem()
    {
        var lengths = PromptLengths.Through((8, 22), (40, 70));

        Assert.Equal(new PromptLengths(TemplateTokens: 10, TokensPerWord: 1.5), lengths);
        Assert.Equal(60, lengths.WordsFor(100));
        Assert.Equal(1, lengths.WordsFor(3));
    }

    [Fact]
    public void Through_NoRisingLine_IsTheUsual() => Assert.Same(PromptLengths.Usual, PromptLengths.Through((8, 20), (40, 20)));

    [Theory]
    [InlineData(100, 100, 0)]
    [InlineData(94, 100, 4)]
    [InlineData(106, 100, -4)]
    [InlineData(99, 100, 1)]
    [InlineData(101, 100, -1)]
    public void WordsBetween_Counts_IsTheNearestChange(int have, int want, int words) =>
        Assert.Equal(words, new PromptLengths(10, 1.5).WordsBetween(have, want));
}
