using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Chat;
using E2LLM.Gateway.Hosting;

namespace E2LLM.Gateway.Tests.Chat;

public sealed class ChatRequestRulesTests
{
    private static readonly ChatRequest Good = new() { Id = "id", ModelId = "m", Turns = [new ChatTurn("user", "Hi")] };

    [Fact]
    public void Check_StopTextThatBeginsWithHalfACharacter_IsRejected()
    {
        var error = Assert.Throws<RequestRejectedException>(
            () => ChatRequestRules.Check(Good with { StopTexts = ["\udc00"] }, new GatewayOptions()));

        Assert.Equal(nameof(ChatRequest.StopTexts), error.Parameter);
    }

    [Theory]
    [InlineData(129, 'a')]
    [InlineData(1, '\n')]
    public void Check_CallersNameThatIsTooLongOrNotPrintable_IsRejected(int characters, char character)
    {
        var error = Assert.Throws<RequestRejectedException>(
            () => ChatRequestRules.Check(Good with { CallerId = new string(character, characters) }, new GatewayOptions()));

        Assert.Equal(nameof(ChatRequest.CallerId), error.Parameter);
    }

    [Fact]
    public void Check_EveryLimitReachedAndNonePassed_IsFine() => ChatRequestRules.Check(
        Good with
        {
            Id = new string('a', ChatRequestRules.MaxIdCharacters),
            Turns = [new ChatTurn("user", "12"), new ChatTurn("assistant", "34")],
            MaxTokens = 1,
            CallerId = new string('c', CallerIds.MaxCharacters),
            StopTexts = [.. Enumerable.Repeat(new string('s', ChatRequestRules.MaxStopTextCharacters), ChatRequestRules.MaxStopTexts)],
            Sampling = new SamplingOptions
            {
                Temperature = 2, TopK = 0, TopP = 1, MinP = 1, RepeatPenalty = 10, FrequencyPenalty = -2, PresencePenalty = 2,
                PenaltyLastTokens = 4096,
            },
        },
        new GatewayOptions { MaxMessages = 2, MaxPromptCharacters = 4 });
}
