using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPriorityTests
{
    private static readonly SchedulerOptions Ageing = new() { PriorityAgeingSeconds = 10, MaxQueuedRequests = 1_000 };

    [Fact]
    public void Next_SeveralClasses_TakesTheHigherFirstAndEachInItsOrder()
    {
        var scheduler = Serial();
        Enqueue(scheduler, "l1", RequestPriority.Low, 0);
        Enqueue(scheduler, "n1", RequestPriority.Normal, 1);
        Enqueue(scheduler, "n2", RequestPriority.Normal, 2);
        Enqueue(scheduler, "h1", RequestPriority.High, 3);
        Enqueue(scheduler, "h2", RequestPriority.High, 4);

        Assert.Equal(["h1", "h2", "n1", "n2", "l1"], RunAll(scheduler));
    }

    [Theory]
    [InlineData(9.5, "new old")]
    [InlineData(10.5, "old new")]
    public void Next_WaitedLongerThanTheHeadStart_GoesBeforeAHigherClass(double later, string expected)
    {
        var scheduler = Serial();
        Enqueue(scheduler, "old", RequestPriority.Normal, 0);
        Enqueue(scheduler, "new", RequestPriority.High, later);

        Assert.Equal(expected, string.Join(' ', RunAll(scheduler)));
    }

    [Fact]
    public void Next_EndlessStreamOfHighRequests_DoesNotStarveALowOne()
    {
        var scheduler = Serial();
        Enqueue(scheduler, "low", RequestPriority.Low, 0);

        // Arrivals twice as fast as the service: without ageing the low request would never start.
        List<string> served = [];
        for (var second = 0; second < 100 && !served.Contains("low"); second++)
        {
            Enqueue(scheduler, $"a{second}", RequestPriority.High, second);
            Enqueue(scheduler, $"b{second}", RequestPriority.High, second);
            served.Add(scheduler.NextStep().Admitted[0].RequestId);
            scheduler.Complete(scheduler.NextStepNumber - 1, [1]);
        }

        // Two classes of 10 s: only what came in the first 20 s may pass, and what comes at second 20 came later.
        Assert.Equal(2 * 20, served.IndexOf("low"));
    }

    [Fact]
    public void Fail_CachesLost_PutsRunningRequestsBeforeTheirClassAndBehindAHigherOne()
    {
        var scheduler = Serial();
        Enqueue(scheduler, "n1", RequestPriority.Normal, 0);
        var step = scheduler.NextStep();
        Enqueue(scheduler, "n2", RequestPriority.Normal, 0);
        Enqueue(scheduler, "h1", RequestPriority.High, 1);

        scheduler.Fail(step.StepNumber, TestRequests.Failure, FailureRecovery.Requeue, 2);

        Assert.Equal(["h1", "n1", "n2"], RunAll(scheduler));
    }

    [Fact]
    public void Enqueue_ClockSteppedBack_KeepsTheOrder()
    {
        var scheduler = Serial();
        Enqueue(scheduler, "a", RequestPriority.Normal, 5);
        Enqueue(scheduler, "b", RequestPriority.Normal, 4);

        Assert.Equal(["a", "b"], RunAll(scheduler));
    }

    [Fact]
    public void Enqueue_WaitBeyondTheDeadline_IsRefusedWithTheQuotedWait()
    {
        var scheduler = Serial();
        scheduler.TokensPerSecond = 2;
        Enqueue(scheduler, "a", RequestPriority.Normal, 0);

        var error = Assert.Throws<OverloadedException>(
            () => scheduler.Enqueue(TestRequests.Request("b", 3, 1) with { DeadlineSeconds = 1.5 }, 0));

        Assert.Equal(2, error.QuotedWaitSeconds);
        Assert.Contains("2 s", error.Message);
        Assert.Contains("1.5 s (DeadlineSeconds, over HTTP max_wait_seconds)", error.Message);
        scheduler.Enqueue(TestRequests.Request("b", 3, 1) with { DeadlineSeconds = 2 }, 0);
        scheduler.Enqueue(TestRequests.Request("c", 3, 1) with { DeadlineSeconds = 0, Priority = RequestPriority.High }, 0);
    }

    [Fact]
    public void Enqueue_RateUnknown_RefusesNobodyForADeadline()
    {
        var scheduler = Serial();
        Enqueue(scheduler, "a", RequestPriority.Normal, 0);

        Assert.Null(scheduler.QuoteWaitSeconds(TestRequests.Request("b"), 0));
        Assert.Null(scheduler.QuoteWaitSeconds(TestRequests.Request("b"), 0, RunMode.PrefillOnly));
        scheduler.Enqueue(TestRequests.Request("b") with { DeadlineSeconds = 0 }, 0);
    }

    [Fact]
    public void Enqueue_QueueFull_QuotesTheWait()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxQueuedRequests = 1 });
        scheduler.TokensPerSecond = 4;
        scheduler.Enqueue(TestRequests.Request("a", 3, 5), 0);

        Assert.Equal(2, Assert.Throws<OverloadedException>(() => scheduler.Enqueue(TestRequests.Request("b"), 0)).QuotedWaitSeconds);
    }

    [Fact]
    public void QuoteWaitSeconds_PrefillPart_WaitsForAllPromptsAhead()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 4 });
        scheduler.TokensPerSecond = 2;
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 10), 0, RunMode.PrefillOnly);
        scheduler.NextStep();

        Assert.Equal(3, scheduler.QuoteWaitSeconds(TestRequests.Request("b"), 0, RunMode.PrefillOnly));
        Assert.Equal(0, scheduler.QuoteWaitSeconds(TestRequests.Request("b"), 0));
    }

    [Fact]
    public void Enqueue_NotToBeServedEver_SaysWhyInAWordAndWhichPart()
    {
        AssertRejected(TestRequests.Request("a", promptTokens: 200), RejectionCodes.ContextLengthExceeded, "PromptTokens");
        AssertRejected(TestRequests.Request("a", promptTokens: 0), RejectionCodes.InvalidValue, "PromptTokens");
        AssertRejected(TestRequests.Request("a", maxTokens: 0), RejectionCodes.InvalidValue, "MaxTokens");
        AssertRejected(TestRequests.Request("a") with { DeadlineSeconds = double.NaN }, RejectionCodes.InvalidValue, "DeadlineSeconds");
        AssertRejected(TestRequests.Request("a") with { Priority = (RequestPriority)7 }, RejectionCodes.InvalidValue, "Priority");
    }

    private static void AssertRejected(GenerationRequest request, string code, string parameter)
    {
        var error = Assert.Throws<RequestRejectedException>(() => TestRequests.Scheduler().Enqueue(request, 0));
        Assert.Equal((code, parameter), (error.Code, error.Parameter));
    }

    /// <summary>One slot, and every request takes one step.</summary>
    private static ReplicaScheduler Serial() => TestRequests.Scheduler(TestRequests.Engine with { MaxSequences = 1 }, Ageing);

    private static void Enqueue(ReplicaScheduler scheduler, string id, RequestPriority priority, double nowSeconds) =>
        scheduler.Enqueue(TestRequests.Request(id, 3, 1) with { Priority = priority }, nowSeconds);

    private static List<string> RunAll(ReplicaScheduler scheduler)
    {
        List<string> admitted = [];
        while (scheduler.Next(100) is { } step)
        {
            admitted.AddRange(step.Admitted.Select(request => request.RequestId));
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
        }

        return admitted;
    }
}
