using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Admission;

public sealed class RequestRulesTests
{
    private static readonly GenerationRequest Good = TestRequests.Request("good", maxTokens: 3) with { StopTokens = [7] };

    public static TheoryData<int[], string> AnswersThatNobodyCanGoOnWith => new()
    {
        { [1, 2, 3], "nothing is left to write" },
        { [1, 2, 3, 4], "nothing is left to write" },
        { [1, -1], "token -1" },
        { [1, 7], "stop token 7" },
    };

    [Theory]
    [MemberData(nameof(AnswersThatNobodyCanGoOnWith))]
    public void Check_AnswerThatNobodyCanGoOnWith_IsRejected(int[] answer, string fault)
    {
        var error = Assert.Throws<RequestRejectedException>(() => RequestRules.Check(Good with { Answer = [.. answer] }));

        Assert.Contains(fault, error.Message);
        Assert.Equal((RejectionCodes.InvalidValue, nameof(GenerationRequest.Answer)), (error.Code, error.Parameter));
    }

    [Fact]
    public void Check_AnswerWithRoomForOneMoreToken_IsFine()
    {
        RequestRules.Check(Good with { Answer = [1, 2] });
        RequestRules.Check(Good with { Answer = default });
    }

    [Fact]
    public void Check_CallersNameThatCannotBePrinted_IsRejected() => Assert.Equal(
        nameof(GenerationRequest.CallerId),
        Assert.Throws<RequestRejectedException>(() => RequestRules.Check(Good with { CallerId = "a\nb" })).Parameter);
}
