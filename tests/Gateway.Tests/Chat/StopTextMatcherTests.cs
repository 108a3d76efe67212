using E2LLM.Gateway.Chat;

namespace E2LLM.Gateway.Tests.Chat;

public sealed class StopTextMatcherTests
{
    [Fact]
    public void Append_StopTextAcrossPieces_KeepsOnlyThePossibleBeginning()
    {
        var matcher = new StopTextMatcher(["STOP"]);

        Assert.Equal("abc", matcher.Append("abcS"));
        Assert.Equal("", matcher.Append("TO"));
        Assert.Equal("STOx", matcher.Append("xS"));
        Assert.Equal("S", matcher.Append("ST"));
        Assert.Equal("", matcher.Append("OP and more"));
        Assert.True(matcher.IsStopped);
        Assert.Equal("", matcher.Append("more"));
        Assert.Equal("", matcher.Flush());
    }

    [Fact]
    public void Flush_WithoutStop_GivesBackWhatWasHeld()
    {
        var matcher = new StopTextMatcher(["STOP"]);

        Assert.Equal("a", matcher.Append("aSTO"));
        Assert.Equal("STO", matcher.Flush());
        Assert.False(matcher.IsStopped);
    }

    [Fact]
    public void Append_SeveralStopTexts_TheOneThatIsCompleteFirstWins()
    {
        Assert.Equal("a", new StopTextMatcher(["abc", "b"]).Append("abc"));
        Assert.Equal("x", new StopTextMatcher(["b", "ab"]).Append("xab"));
    }

    [Fact]
    public void Append_WithoutStopTexts_HoldsNothingBack() => Assert.Equal("text", new StopTextMatcher([]).Append("text"));

    [Theory]
    [InlineData("aab")]
    [InlineData("ab", "ba", "aaa")]
    [InlineData("abab", "bb")]
    public void Append_AnyCutIntoPieces_GivesTheSameText(params string[] stops)
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => "abc"[random.Next(3)]));
            var matcher = new StopTextMatcher([.. stops]);
            var actual = "";
            for (var at = 0; at < text.Length;)
            {
                var length = random.Next(1, text.Length - at + 1);
                actual += matcher.Append(text.Substring(at, length));
                at += length;
            }

            Assert.Equal(Expected(text, stops), actual + matcher.Flush());
        }
    }

    /// <summary>The definition, character by character: the shortest text that ends with a stop text, without its longest one.</summary>
    private static string Expected(string text, string[] stops)
    {
        for (var end = 1; end <= text.Length; end++)
        {
            var met = stops.Where(text[..end].EndsWith).ToArray();
            if (met.Length > 0)
                return text[..(end - met.Max(stop => stop.Length))];
        }

        return text;
    }
}
