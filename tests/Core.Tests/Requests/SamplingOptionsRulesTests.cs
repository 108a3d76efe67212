using E2LLM.Core.Requests;

namespace E2LLM.Core.Tests.Requests;

public sealed class SamplingOptionsRulesTests
{
    public static TheoryData<SamplingOptions, string> OutOfRange => new()
    {
        { new() { Temperature = -0.1f }, "Temperature" }, { new() { Temperature = float.NaN }, "Temperature" }, { new() { TopK = -1 }, "TopK" },
        { new() { TopP = 0 }, "TopP" }, { new() { TopP = 1.01f }, "TopP" }, { new() { MinP = -1 }, "MinP" }, { new() { RepeatPenalty = 0 }, "RepeatPenalty" },
        { new() { FrequencyPenalty = 2.1f }, "FrequencyPenalty" }, { new() { PresencePenalty = float.NegativeInfinity }, "PresencePenalty" },
        { new() { PenaltyLastTokens = 4097 }, "PenaltyLastTokens" },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void FindErrors_OptionOutOfRange_NamesItAndItsValue(SamplingOptions options, string name)
    {
        var (property, message) = Assert.Single(SamplingOptionsRules.FindErrors(options));
        Assert.Equal(name, property);
        Assert.Matches($"^{name} must be .+, but is .+\\.$", message);
    }

    [Fact]
    public void FindErrors_DefaultsAndGreedy_AreNone()
    {
        Assert.Empty(SamplingOptionsRules.FindErrors(new SamplingOptions()));
        Assert.Empty(SamplingOptionsRules.FindErrors(SamplingOptions.Greedy));
    }

    [Fact]
    public void FindErrors_SeveralAtOnce_ReportsThemAll() =>
        Assert.Equal(["TopK", "TopP"], SamplingOptionsRules.FindErrors(new SamplingOptions { TopK = -5, TopP = 7 }).Select(error => error.Property));
}
