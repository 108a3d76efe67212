using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerFailureTests
{
    [Fact]
    public void Fail_DecodeStepLost_TruncatesAndAsksForTheSameTokenAgain()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep(token: 11);
        var lost = scheduler.NextStep();

        Assert.Empty(scheduler.Fail(lost.StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0));

        var again = scheduler.NextStep();
        Assert.Equal("truncate 0 to 3 | 0@3*", again.Text());
        Assert.Equal((2L, 11), (again.StepNumber, again.Rows[0].Token));
        Assert.Equal(1, Assert.Single(scheduler.Complete(again.StepNumber, [12])).Chunk.FirstIndex);
    }

    [Fact]
    public void Fail_OpeningStepLost_ClosesTheSlotBeforeItOpensAgain()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_ClosingStepLost_ClosesAgain()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a", maxTokens: 1), 0);
        scheduler.RunStep();
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_RecoveryStepLostToo_IsRepeated()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxFailedSteps = 5 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("truncate 0 to 3 | 0@3*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_OneOfSeveralInFlight_LosesAllOfThemAndIgnoresTheirLateResults()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 3 }, new SchedulerOptions { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);
        var first = scheduler.NextStep();
        var second = scheduler.NextStep();
        scheduler.Fail(second.StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Empty(scheduler.Complete(first.StepNumber, [1]));
        Assert.Empty(scheduler.Fail(first.StepNumber, TestRequests.Failure, FailureRecovery.Fail, 0));
        Assert.Equal("close 0 close 1 open 0 | 0@0 0@1 0@2*", scheduler.NextStep().Text());
        Assert.Equal(1, scheduler.Counters.FailuresInARow);
    }

    [Fact]
    public void Fail_PromptHalfRead_GoesOnFromTheLastConfirmedChunk()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 4 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 10), 0);
        scheduler.RunStep();
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("truncate 0 to 4 | 0@4 0@5 0@6 0@7", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_RecoveryFail_EndsTheRequestsOfLostStepsAndOnlyThose()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxStepsInFlight = 3 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 1), 0);
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 1), 0);
        scheduler.RunStep();
        var lost = scheduler.NextStep();
        Assert.Equal("a", Assert.Single(lost.Shares).RequestId);

        var update = Assert.Single(scheduler.Fail(lost.StepNumber, TestRequests.Failure, FailureRecovery.Fail, 0));

        Assert.Equal(("a", FinishReason.Failed), (update.RequestId, update.Chunk.Finish));
        Assert.Equal(TestRequests.Failure with { Phase = RequestPhase.Decode }, update.Chunk.Failure);
        Assert.Equal("close 0 | 1@1*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_TooOftenWithoutANewToken_GivesTheRequestUp()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxFailedSteps = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        Assert.Empty(FailNext(scheduler));
        scheduler.RunStep();
        Assert.Empty(FailNext(scheduler));

        var update = Assert.Single(FailNext(scheduler));

        Assert.Equal(FinishReason.Failed, update.Chunk.Finish);
        Assert.Equal(1, update.Chunk.FirstIndex);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_OnOneSlotsRows_GivesThatRequestUpAtOnceAndHoldsNoOtherResponsible()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxFailedSteps = 2 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 1), 0);
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 1), 0);
        scheduler.Enqueue(TestRequests.Request("c", promptTokens: 1), 0);
        var lost = scheduler.NextStep();

        var update = Assert.Single(scheduler.Fail(lost.StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0, slot: 1));

        Assert.Equal(("b", FinishReason.Failed), (update.RequestId, update.Chunk.Finish));
        // Once more is not too often for the two others: it was not they.
        Assert.Empty(FailNext(scheduler));
        Assert.Equal(2, scheduler.RunStep().Length);
    }

    [Fact]
    public void Fail_RecoveryRequeue_ReadsPromptAndAnswerAgainInTheOldOrder()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequences = 2 });
        var sampling = new SamplingOptions { RepeatPenalty = 1.1f, PenaltyLastTokens = 2 };
        scheduler.Enqueue(TestRequests.Request("a") with { Sampling = sampling }, 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);
        scheduler.Enqueue(TestRequests.Request("c"), 0);
        scheduler.RunStep(token: 11);

        Assert.Empty(scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Requeue, nowSeconds: 5));

        Assert.Equal((3, 0), (scheduler.Counters.QueuedRequests, scheduler.Counters.RunningRequests));
        var step = scheduler.Next(nowSeconds: 6)!;
        Assert.Equal("close 0 close 1 open 0 open 1 | 0@0 0@1 0@2 0@3* 1@0 1@1 1@2 1@3*", step.Text());
        Assert.Equal([new AdmittedRequest("a", 0, 1), new AdmittedRequest("b", 1, 1)], step.Admitted.ToArray());
        Assert.Equal([102], step.Commands[2].PenaltyTokens.ToArray());
        Assert.Equal([11], step.Commands[2].Answer.ToArray());
        Assert.Equal([1, 1], scheduler.Complete(step.StepNumber, [12, 13]).Select(update => update.Chunk.FirstIndex));
    }

    [Fact]
    public void Fail_CancelledRequestInTheLostStep_FreesItsSlot()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        var lost = scheduler.NextStep();
        scheduler.Cancel("a");

        Assert.Empty(scheduler.Fail(lost.StepNumber, TestRequests.Failure, FailureRecovery.Fail, 0));

        Assert.Equal("close 0 |", scheduler.NextStep().Text());
        Assert.Equal((0, 0), (scheduler.Counters.ReservedKvCells, scheduler.Counters.RunningRequests));
    }

    private static ImmutableArray<RequestUpdate> FailNext(ReplicaScheduler scheduler) =>
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);
}
