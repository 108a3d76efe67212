using E2LLM.Core.Requests;
using E2LLM.Scheduling.Protocols.Replay;
using E2LLM.Scheduling.Tests.Batching;

namespace E2LLM.Scheduling.Tests.Protocols.Replay;

public sealed class ReplayPolicyTests
{
    private static readonly GenerationRequest Request = TestRequests.Request("r", maxTokens: 10) with
    {
        Priority = RequestPriority.Low,
        DeadlineSeconds = 3,
        CallerId = "somebody",
    };

    private static readonly RequestFailure Full = TestRequests.Failure with { Party = FailedParty.Queue };

    private readonly ReplayPolicy _policy = new(Request, maxReplays: 2);

    [Fact]
    public void Next_FirstAttempt_IsTheRequestItself() => Assert.Same(Request, _policy.Next([]));

    [Fact]
    public void Next_AfterAFailure_CarriesTheAnswerApartFromThePromptUnderAnIdOfItsOwn()
    {
        _policy.After(Failed("a", answerTokens: 2));

        var next = _policy.Next([7, 8]);

        Assert.Equal("r~1", next.Id);
        Assert.Equal([7, 8], next.Answer.AsEnumerable());
        Assert.Equal(Request.PromptTokens, next.PromptTokens);
        Assert.Equal((10, RequestPriority.High, null, "somebody"), (next.MaxTokens, next.Priority, next.DeadlineSeconds, next.CallerId));
    }

    [Theory]
    [InlineData(FinishReason.Stop)]
    [InlineData(FinishReason.Length)]
    public void After_AnswerIsWhole_Ends(FinishReason finish) =>
        Assert.Equal(new ReplayDecision.End(finish, null), _policy.After(new AttemptEnd(finish, null, "a", 4, IsCancelled: true)));

    [Fact]
    public void After_FailuresOfReplicas_GoesOnElsewhereUntilTheLimit()
    {
        Assert.Equal(new ReplayDecision.GoOn(0), _policy.After(Failed("a")));
        Assert.Equal(new ReplayDecision.GoOn(0), _policy.After(Failed("b")));
        Assert.Equal(["a", "b"], _policy.Avoid.AsEnumerable());

        Assert.Equal(new ReplayDecision.End(FinishReason.Failed, TestRequests.Failure), _policy.After(Failed("c")));
        Assert.Equal(2, _policy.Replays);
    }

    [Fact]
    public void After_SameReplicaFailsTwice_IsAvoidedOnce()
    {
        _policy.After(Failed("a"));
        _policy.After(Failed("a"));

        Assert.Equal(["a"], _policy.Avoid.AsEnumerable());
    }

    [Fact]
    public void After_CancelledByTheReader_IsNobodysFailure() => Assert.Equal(
        new ReplayDecision.End(FinishReason.Cancelled, null), _policy.After(Failed("a") with { IsCancelled = true }));

    [Fact]
    public void After_CancelledByNobody_GoesOnElsewhere() =>
        Assert.IsType<ReplayDecision.GoOn>(_policy.After(new AttemptEnd(FinishReason.Cancelled, null, "a", 1, IsCancelled: false)));

    [Fact]
    public void After_RetryIsOfNoUse_Ends() => Assert.Equal(
        FinishReason.Failed,
        Assert.IsType<ReplayDecision.End>(_policy.After(Failed("a") with { Failure = TestRequests.Failure with { MayRetry = false } })).Finish);

    [Fact]
    public void After_NoReplicaWasFound_Ends() => Assert.IsType<ReplayDecision.End>(_policy.After(Failed(null)));

    [Fact]
    public void After_AllTokensAreThere_LacksNothingButTheWord() =>
        Assert.Equal(new ReplayDecision.End(FinishReason.Length, null), _policy.After(Failed("a", answerTokens: 10)));

    [Fact]
    public void After_FullQueueAtFirst_TellsTheClientAtOnce() =>
        Assert.Equal(new ReplayDecision.End(FinishReason.Failed, Full), _policy.After(Failed("a") with { Failure = Full }));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_FullQueueOfARequestThatHasBegun_TriesAgainAfterAPause(bool hasTokens)
    {
        if (!hasTokens)
            _policy.After(Failed("a"));

        var decision = _policy.After(Failed("b", answerTokens: hasTokens ? 1 : 0) with { Failure = Full });

        Assert.Equal(new ReplayDecision.GoOn(ReplayPolicy.FullReplicaPauseSeconds), decision);
    }

    /// <summary>A replica whose silo leaves refuses many times in the moment that its plan takes to notice.</summary>
    [Fact]
    public void After_NoReplicaTakesIt_IsSentAgainAfterAPauseAndCostsNoAttempt()
    {
        _policy.After(Failed("a", answerTokens: 2));

        Assert.Equal(new ReplayDecision.GoOn(0), _policy.After(Refused("b") with { MayWait = true }));
        for (var time = 0; time < 50; time++)
            Assert.Equal(new ReplayDecision.GoOn(ReplayPolicy.RefusedPauseSeconds), _policy.After(Refused("b") with { MayWait = true }));

        Assert.Equal((1, "r~52"), (_policy.Replays, _policy.Next([7, 8]).Id));
    }

    [Fact]
    public void After_NoReplicaTakesItForTooLong_EndsWithTheFailure()
    {
        _policy.After(Refused("a"));
        _policy.After(Refused("a"));

        Assert.Equal(new ReplayDecision.End(FinishReason.Failed, TestRequests.Failure), _policy.After(Refused("a")));
    }

    [Fact]
    public void Next_NobodyHasTakenItYet_KeepsItsPlaceAndItsDeadline()
    {
        _policy.After(Refused("a") with { MayWait = true });

        var next = _policy.Next([]);

        Assert.Equal(("r~1", RequestPriority.Low, 3), (next.Id, next.Priority, next.DeadlineSeconds));
    }

    private static AttemptEnd Refused(string replica) => Failed(replica) with { IsTaken = false };

    private static AttemptEnd Failed(string? replica, int answerTokens = 0) =>
        new(FinishReason.Failed, TestRequests.Failure, replica, answerTokens, IsCancelled: false);
}
