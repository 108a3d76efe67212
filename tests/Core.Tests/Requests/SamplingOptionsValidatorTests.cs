using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Core.Tests.Requests;

public sealed class SamplingOptionsValidatorTests
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
    public void Problems_OfAnOptionOutOfRange_NamesIt(SamplingOptions options, string name) =>
        Assert.StartsWith(name, Assert.Single(SamplingOptionsValidator.Problems(options)));

    [Fact]
    public void Problems_OfTheDefaultsAndOfGreedy_AreNone()
    {
        Assert.Empty(SamplingOptionsValidator.Problems(new SamplingOptions()));
        Assert.Empty(SamplingOptionsValidator.Problems(SamplingOptions.Greedy));
    }

    [Fact]
    public void Check_OfSeveralProblems_ReportsThemAllAtOnce()
    {
        var error = Assert.Throws<RequestRejectedException>(() => SamplingOptionsValidator.Check(new SamplingOptions { TopK = -5, TopP = 7 }));
        Assert.Contains("TopK is -5", error.Message);
        Assert.Contains("TopP is 7", error.Message);
    }
}
