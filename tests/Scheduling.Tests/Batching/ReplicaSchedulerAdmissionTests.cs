using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerAdmissionTests
{
    [Fact]
    public void Enqueue_PromptAsLongAsASequence_IsRejectedNamingLengthLimitAndKnob()
    {
        var scheduler = TestRequests.Scheduler();

        var error = Assert.Throws<RequestRejectedException>(() => scheduler.Enqueue(TestRequests.Request("a", promptTokens: 200), 0));

        Assert.Contains("200 tokens", error.Message);
        Assert.Contains("(MaxSequenceTokens)", error.Message);
        Assert.Contains("199", error.Message);
        Assert.Equal(0, scheduler.Counters.QueuedRequests);
    }

    [Fact]
    public void Enqueue_MoreThanTheWholeKvCache_IsRejectedNamingLengthLimitAndKnob()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { KvCells = 50 });

        var error = Assert.Throws<RequestRejectedException>(() => scheduler.Enqueue(TestRequests.Request("a", 30, maxTokens: 21), 0));

        Assert.Contains("30 tokens", error.Message);
        Assert.Contains("51 KV cells", error.Message);
        Assert.Contains("50 (KvCells)", error.Message);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 0)]
    [InlineData(3, -1)]
    public void Enqueue_NothingToReadOrToWrite_IsRejected(int promptTokens, int maxTokens) =>
        Assert.Throws<RequestRejectedException>(
            () => TestRequests.Scheduler().Enqueue(TestRequests.Request("a", promptTokens, maxTokens), 0));

    [Fact]
    public void Enqueue_QueueFull_IsRefusedNamingTheLimitAndMayBeRetried()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxQueuedRequests = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);

        var error = Assert.Throws<OverloadedException>(() => scheduler.Enqueue(TestRequests.Request("c"), 0));

        Assert.Contains("2 (MaxQueuedRequests)", error.Message);
        Assert.True(error.MayRetry);
    }

    [Fact]
    public void Enqueue_IdInUse_Throws()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        Assert.Throws<ArgumentException>(() => scheduler.Enqueue(TestRequests.Request("a"), 0));
        scheduler.RunStep();
        Assert.Throws<ArgumentException>(() => scheduler.Enqueue(TestRequests.Request("a"), 0));
    }

    [Fact]
    public void Next_NoFreeSlot_LeavesTheRestQueued()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequences = 1 });
        scheduler.Enqueue(TestRequests.Request("a", maxTokens: 1), 0);
        scheduler.Enqueue(TestRequests.Request("b", maxTokens: 1), 0);

        Assert.Equal("open 0 | 0@0 0@1 0@2*", scheduler.NextStep().Text());
        scheduler.Complete(0, [1]);
        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_HeadNeedsMoreCellsThanAreFree_NobodyOvertakesIt()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { KvCells = 30 });
        scheduler.Enqueue(TestRequests.Request("first", promptTokens: 5, maxTokens: 5), 0);
        scheduler.Enqueue(TestRequests.Request("large", promptTokens: 5, maxTokens: 20), 0);
        scheduler.Enqueue(TestRequests.Request("small", promptTokens: 1, maxTokens: 1), 0);

        var admitted = scheduler.NextStep().Admitted;

        Assert.Equal("first", Assert.Single(admitted).RequestId);
        Assert.Equal((2, 1, 10), (scheduler.Counters.QueuedRequests, scheduler.Counters.RunningRequests, scheduler.Counters.ReservedKvCells));
    }

    [Fact]
    public void Cancel_Queued_LeavesTheQueueAtOnce()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);

        Assert.Equal(FinishReason.Cancelled, scheduler.Cancel("a")?.Chunk.Finish);
        Assert.Null(scheduler.Next(0));
        Assert.Null(scheduler.Cancel("a"));
    }

    [Fact]
    public void Cancel_StepInFlight_KeepsSlotAndCellsUntilItIsDone()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 5), 0);
        var step = scheduler.NextStep();

        Assert.Equal(FinishReason.Cancelled, scheduler.Cancel("a")?.Chunk.Finish);
        Assert.Null(scheduler.Next(0));
        Assert.Equal(8, scheduler.Counters.ReservedKvCells);

        Assert.Empty(scheduler.Complete(step.StepNumber, [1]));
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
        Assert.Equal((0, 0), (scheduler.Counters.ReservedKvCells, scheduler.Counters.RunningRequests));
    }

    [Fact]
    public void Cancel_NoStepInFlight_ClosesInTheNextStepWithoutRows()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep(token: 11);

        Assert.Equal(1, scheduler.Cancel("a")?.Chunk.FirstIndex);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Cancel_IdComesAnewWhileTheOldSlotIsBusy_ServesTheNewOne()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        var old = scheduler.NextStep();
        scheduler.Cancel("a");
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        var anew = scheduler.NextStep();

        Assert.Empty(scheduler.Complete(old.StepNumber, [1]));
        Assert.Equal([2], Assert.Single(scheduler.Complete(anew.StepNumber, [2])).Chunk.Tokens.ToArray());
        Assert.NotNull(scheduler.Cancel("a"));
    }

    [Fact]
    public void Counters_FollowARequestThroughItsLife()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 2), 0);
        Assert.Equal((1, 5L), (scheduler.Counters.QueuedRequests, scheduler.Counters.PendingTokens));

        var step = scheduler.NextStep();
        var reading = scheduler.Counters;
        Assert.Equal((0, 1, 5, 3, 1), (reading.QueuedRequests, reading.RunningRequests, reading.ReservedKvCells, reading.UsedKvCells, reading.StepsInFlight));
        Assert.Equal(2, reading.PendingTokens);

        scheduler.Complete(step.StepNumber, [1]);
        scheduler.RunStep();
        scheduler.RunStep();
        var done = scheduler.Counters;
        Assert.Equal((0, 0, 0, 0L), (done.RunningRequests, done.ReservedKvCells, done.UsedKvCells, done.PendingTokens));
        Assert.Equal((3L, 1L, 2L), (done.CompletedSteps, done.CompletedRequests, done.GeneratedTokens));
    }

    [Fact]
    public void Constructor_SettingsOutOfRange_NamesAllOfThem()
    {
        var options = new SchedulerOptions { MaxQueuedRequests = 0, MaxStepsInFlight = 65, PrefillTokensBesideDecode = -1, MaxFailedSteps = 101 };
        var engine = TestRequests.Engine with { MaxSequences = 256 };

        var error = Assert.Throws<ConfigurationException>(() => new ReplicaScheduler(engine, options));

        Assert.Contains("MaxQueuedRequests is 0; it must be 1 to 100,000 requests.", error.Message);
        Assert.Contains("MaxStepsInFlight is 65; it must be 1 to 64 steps.", error.Message);
        Assert.Contains("PrefillTokensBesideDecode is -1", error.Message);
        Assert.Contains("MaxFailedSteps is 101", error.Message);
        Assert.Contains("MaxSequences is 256; it must be 1 to 255 requests.", error.Message);
    }
}
