using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPrefillPartTests
{
    private static readonly SchedulerOptions Deep = new() { MaxStepsInFlight = 4 };

    [Fact]
    public void Complete_PrefillPart_ReportsWhatEveryStageHoldsAndHoldsTheSlot()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 4 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 6), 0, RunMode.PrefillOnly);

        var first = Assert.Single(scheduler.RunStep());
        var second = Assert.Single(scheduler.RunStep(token: 11));

        Assert.Equal(new PrefillProgress(0, 0, 4, IsHeld: false), first.Prefill);
        Assert.Empty(first.Chunk.Tokens);
        Assert.Equal(new PrefillProgress(0, 4, 6, IsHeld: true), second.Prefill);
        Assert.Equal([11], second.Chunk.Tokens.ToArray());
        Assert.Null(second.Chunk.Finish);
        Assert.Null(scheduler.Next(0));
        Assert.Equal((1, 7, 0L), (scheduler.Counters.HeldRequests, scheduler.Counters.ReservedKvCells, scheduler.Counters.PendingTokens));
    }

    [Fact]
    public void ReleaseHeld_ClosesTheSlotAndCountsTheHandOff()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.PrefillOnly);
        scheduler.RunStep();

        Assert.True(scheduler.ReleaseHeld("a"));

        Assert.Equal("close 0 |", scheduler.NextStep().Text());
        Assert.Equal((0, 1L), (scheduler.Counters.ReservedKvCells, scheduler.Counters.HandedOffRequests));
        Assert.False(scheduler.ReleaseHeld("a"));
        Assert.Null(scheduler.Cancel("a"));
    }

    [Fact]
    public void ReleaseHeld_NothingToHandOnYet_Throws()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.PrefillOnly);
        scheduler.Enqueue(TestRequests.Request("b"), 0);
        Assert.Throws<InvalidOperationException>(() => scheduler.ReleaseHeld("a"));
        var step = scheduler.NextStep();
        Assert.Throws<InvalidOperationException>(() => scheduler.ReleaseHeld("a"));
        scheduler.Complete(step.StepNumber, [1, 2]);
        Assert.Throws<InvalidOperationException>(() => scheduler.ReleaseHeld("b"));
    }

    [Theory]
    [InlineData(1, 11, FinishReason.Length, 1)]
    [InlineData(5, TestRequests.StopToken, FinishReason.Stop, 0)]
    public void Complete_PrefillPartWhoseAnswerIsComplete_Ends(int maxTokens, int token, FinishReason finish, int tokens)
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a", maxTokens: maxTokens), 0, RunMode.PrefillOnly);

        var update = Assert.Single(scheduler.RunStep(token));

        Assert.Equal((finish, tokens), (update.Chunk.Finish, update.Chunk.Tokens.Length));
        Assert.Null(update.Prefill);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Cancel_HeldRequest_FreesItsSlot()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.PrefillOnly);
        scheduler.RunStep();

        Assert.Equal(FinishReason.Cancelled, scheduler.Cancel("a")?.Chunk.Finish);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_CachesLostWhileHeld_ReadsThePromptAgainWithoutASecondFirstToken()
    {
        var scheduler = TestRequests.Scheduler(options: Deep);
        scheduler.Enqueue(TestRequests.Request("a"), 0, RunMode.PrefillOnly);
        scheduler.RunStep(token: 11);
        scheduler.Enqueue(TestRequests.Request("b"), 0, RunMode.PrefillOnly);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Requeue, 0);

        var again = scheduler.NextStep();
        Assert.Equal("close 0 close 1 open 0 open 1 | 0@0 0@1 0@2 1@0 1@1 1@2*", again.Text());
        var updates = scheduler.Complete(again.StepNumber, [12]);

        Assert.Equal(new PrefillProgress(0, 0, 3, IsHeld: true), updates[0].Prefill);
        Assert.Empty(updates[0].Chunk.Tokens);
        Assert.True(scheduler.ReleaseHeld("a"));
    }
}
