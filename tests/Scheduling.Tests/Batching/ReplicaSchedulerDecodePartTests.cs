using System.Collections.Immutable;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerDecodePartTests
{
    private static readonly SchedulerOptions Deep = new() { MaxStepsInFlight = 4 };

    [Fact]
    public void Next_DecodePart_OpensASlotAndWaitsForItsCacheWhileOthersGoOn()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();
        scheduler.Enqueue(TestRequests.Request("b"), 0, RunMode.DecodeOnly);

        var step = scheduler.NextStep();

        Assert.Equal("open 1 | 0@3*", step.Text());
        Assert.Equal([new KvReservation("b", 1, step.StepNumber)], step.KvReservations.ToArray());
        Assert.Equal("b", Assert.Single(step.Admitted).RequestId);
        scheduler.Complete(step.StepNumber, [1]);
        Assert.Equal("| 0@4*", scheduler.NextStep().Text());
        Assert.Equal((1, 16), (scheduler.Counters.AwaitingKvRequests, scheduler.Counters.ReservedKvCells));
    }

    [Fact]
    public void KvArrived_GoesOnWithTheSecondToken()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a", promptTokens: 3, maxTokens: 3));

        Assert.Null(scheduler.KvArrived(reservation, 3, [11]));
        var step = scheduler.NextStep();
        var second = Assert.Single(scheduler.Complete(step.StepNumber, [12]));
        var third = Assert.Single(scheduler.RunStep(token: 13));

        Assert.Equal(("| 0@3*", 11), (step.Text(), step.Rows[0].Token));
        Assert.False(step.Shares[0].IsPrefill);
        Assert.Equal((1, 12), (second.Chunk.FirstIndex, second.Chunk.Tokens[0]));
        Assert.Equal((2, FinishReason.Length), (third.Chunk.FirstIndex, third.Chunk.Finish));
    }

    [Fact]
    public void KvArrived_SeveralTokensBehindTheCache_ReadsThemInOneChunk()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a", promptTokens: 3));

        scheduler.KvArrived(reservation, 3, [11, 12, 13]);

        var step = scheduler.NextStep();
        Assert.Equal("| 0@3 0@4 0@5*", step.Text());
        Assert.Equal(3, Assert.Single(scheduler.Complete(step.StepNumber, [14])).Chunk.FirstIndex);
    }

    [Theory]
    [InlineData(1, 11, FinishReason.Length)]
    [InlineData(5, TestRequests.StopToken, FinishReason.Stop)]
    public void KvArrived_AnswerCompleteAlready_Ends(int maxTokens, int token, FinishReason finish)
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a", maxTokens: maxTokens));

        Assert.Equal(finish, scheduler.KvArrived(reservation, 3, [token])?.Chunk.Finish);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void KvArrived_FiguresThatDoNotFit_ThrowsAndChangesNothing()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a", promptTokens: 3, maxTokens: 2));

        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 3, []));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 3, [1, 2, 3]));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 2, [1]));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 4, [1]));
        Assert.Null(scheduler.KvArrived(reservation, 3, [1]));
        Assert.Equal("| 0@3*", scheduler.NextStep().Text());
    }

    [Fact]
    public void KvArrived_OfAnOlderReservation_IsIgnored()
    {
        var scheduler = TestRequests.Scheduler();
        var old = Reserve(scheduler, TestRequests.Request("a"));
        Assert.Null(scheduler.KvFailed(old, TestRequests.Failure, KvRecovery.Requeue, 0));
        var anew = Assert.Single(scheduler.NextStep().KvReservations);

        scheduler.KvArrived(old, 3, [11]);
        Assert.Equal(1, scheduler.Counters.AwaitingKvRequests);
        scheduler.KvArrived(anew, 3, [11]);
        Assert.Equal(0, scheduler.Counters.AwaitingKvRequests);
    }

    [Fact]
    public void Fail_OpeningStepLost_ReservesAnew()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.DecodeOnly);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        var step = scheduler.NextStep();

        Assert.Equal("close 0 open 0 |", step.Text());
        Assert.Equal([new KvReservation("a", 0, 1)], step.KvReservations.ToArray());
        Assert.Empty(step.Admitted);
    }

    [Fact]
    public void Fail_OpeningStepLostAfterTheCacheCame_ReadsAllOfItHere()
    {
        var scheduler = TestRequests.Scheduler(options: Deep);
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.DecodeOnly);
        var opening = scheduler.NextStep();
        scheduler.KvArrived(opening.KvReservations[0], 3, [11]);

        scheduler.Fail(opening.StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3*", scheduler.NextStep().Text());
    }

    [Theory]
    [InlineData(5, "close 0 open 0 open 1 | 0@0 0@1 0@2 0@3* 1@0 1@1 1@2*")]
    [InlineData(1, "close 0 open 0 | 0@0 0@1 0@2*")]
    public void Fail_OpeningStepLostAfterTheCacheCame_SharesNothingOfIt(int maxTokens, string expected)
    {
        var scheduler = TestRequests.Scheduler(options: Deep with { ReusePrefixes = true, PrefixBlockTokens = 2 });
        scheduler.Enqueue(TestRequests.Request("a", maxTokens: maxTokens), 0, RunMode.DecodeOnly);
        var opening = scheduler.NextStep();
        scheduler.KvArrived(opening.KvReservations[0], 3, [11]);
        scheduler.NextStep();

        scheduler.Fail(opening.StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);

        Assert.Equal(expected, scheduler.NextStep().Text());
    }

    [Fact]
    public void KvFailed_ReadHere_ReadsThePromptAndWhatWasDelivered()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a"));

        Assert.Null(scheduler.KvFailed(reservation, TestRequests.Failure, KvRecovery.ReadHere, 0, [11]));

        var step = scheduler.NextStep();
        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3*", step.Text());
        Assert.Equal(1, Assert.Single(scheduler.Complete(step.StepNumber, [12])).Chunk.FirstIndex);
    }

    [Fact]
    public void KvFailed_AskedToFailOrTooOften_GivesTheRequestUp()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxFailedSteps = 2 });
        var asked = Reserve(scheduler, TestRequests.Request("a"));
        var update = scheduler.KvFailed(asked, TestRequests.Failure, KvRecovery.Fail, 0);
        Assert.Equal((FinishReason.Failed, RequestPhase.Decode), (update?.Chunk.Finish, update?.Chunk.Failure?.Phase));

        Assert.Null(scheduler.KvFailed(Reserve(scheduler, TestRequests.Request("b")), TestRequests.Failure, KvRecovery.Requeue, 0));
        var again = Assert.Single(scheduler.NextStep().KvReservations);
        Assert.Equal(FinishReason.Failed, scheduler.KvFailed(again, TestRequests.Failure, KvRecovery.Requeue, 0)?.Chunk.Finish);
    }

    [Fact]
    public void Cancel_WhileTheCacheIsOnItsWay_FreesTheSlotAndIgnoresTheCache()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, TestRequests.Request("a"));

        Assert.Equal(FinishReason.Cancelled, scheduler.Cancel("a")?.Chunk.Finish);
        Assert.Null(scheduler.KvArrived(reservation, 3, [11]));
        Assert.Null(scheduler.KvFailed(reservation, TestRequests.Failure, KvRecovery.Fail, 0));
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
        Assert.Equal(0, scheduler.Counters.ReservedKvCells);
    }

    private static KvReservation Reserve(ReplicaScheduler scheduler, GenerationRequest request)
    {
        scheduler.Enqueue(request, 0, RunMode.DecodeOnly);
        var step = scheduler.NextStep();
        scheduler.Complete(step.StepNumber, ImmutableArray<int>.Empty);
        return Assert.Single(step.KvReservations);
    }
}
