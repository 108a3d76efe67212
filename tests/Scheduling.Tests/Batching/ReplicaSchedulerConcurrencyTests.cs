using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>What a plan says of a replica: how many run at once, in how many micro-batches, and how fast.</summary>
public sealed class ReplicaSchedulerConcurrencyTests
{
    [Fact]
    public void Next_AsManyRunAsMay_TheNextOneWaitsAlthoughSlotsAreFree()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxRunning = 2 });
        foreach (var id in new[] { "a", "b", "c" })
            scheduler.Enqueue(TestRequests.Request(id, maxTokens: 3), 0);

        var most = 0;
        while (scheduler.Counters is { QueuedRequests: > 0 } or { RunningRequests: > 0, StepsInFlight: 0 } && scheduler.Next(0) is { } step)
        {
            most = Math.Max(most, scheduler.Counters.RunningRequests);
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(7, step.OutputRows)]);
        }

        Assert.Equal(2, most);
        Assert.Equal(3, scheduler.Counters.CompletedRequests);
    }

    [Fact]
    public void Next_SlotsForCachesFromElsewhere_CountToo()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxRunning = 2 });
        foreach (var id in new[] { "a", "b", "c" })
            scheduler.Enqueue(TestRequests.Request(id), 0, RunMode.DecodeOnly);

        Assert.Equal(["a", "b"], scheduler.NextStep().KvReservations.Select(slot => slot.RequestId));
        Assert.Equal((1, 2), (scheduler.Counters.QueuedRequests, scheduler.Counters.AwaitingKvRequests));
    }

    [Fact]
    public void QuoteWait_AsManyRunAsMay_IsAWait()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxRunning = 1 });
        scheduler.TokensPerSecond = 1;
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();

        Assert.True(scheduler.QuoteWaitSeconds(TestRequests.Request("b"), 0) > 0);
    }

    [Theory]
    [InlineData(8, 2, 4, "4 4")]
    [InlineData(7, 2, 4, "4 3")]
    [InlineData(8, 1, 3, "8")]
    [InlineData(6, 6, 8, "1 1 1 1 1 1")]
    public void Next_MicroBatchesOfThePlan_AreThoseOfTheSteps(int sequences, int microBatches, int stepsInFlight, string expected)
    {
        var scheduler = Running(sequences, new SchedulerOptions { MaxStepsInFlight = stepsInFlight, MicroBatches = microBatches });

        for (var cycle = 0; cycle < 3; cycle++)
        {
            List<StepPlan> steps = [];
            while (scheduler.Next(0) is { } step)
                steps.Add(step);
            Assert.Equal(expected, string.Join(" ", steps.Select(step => step.Rows.Length)));
            foreach (var step in steps)
                scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
        }
    }

    [Fact]
    public void Next_MicroBatchesAreOnTheirWay_PromptsStillFillThePipeline()
    {
        var scheduler = Running(4, new SchedulerOptions { MaxStepsInFlight = 3, MicroBatches = 1, PrefillTokensBesideDecode = 8 });
        scheduler.Enqueue(TestRequests.Request("late", promptTokens: 20), 0);

        var steps = Enumerable.Range(0, 3).Select(_ => scheduler.NextStep()).ToArray();

        Assert.Equal([4, 0, 0], steps.Select(step => step.Shares.Count(share => !share.IsPrefill)));
        Assert.Equal([8, 8, 4], steps.Select(step => step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows)));
    }

    [Fact]
    public void Next_AnswersSlowerThanTheMinimum_RunFewerAtOnceAndLoseNone()
    {
        // A step of n rows takes 0.04 + 0.01 n seconds: 6 at once get 10 tokens a second, 8 get 8.3.
        var scheduler = TestRequests.Scheduler(
            TestRequests.Engine with { MaxStepTokens = 64 },
            new SchedulerOptions { MinimumTokensPerSecond = 10, MaxQueuedRequests = 1000 });
        for (var index = 0; index < 100; index++)
            scheduler.Enqueue(TestRequests.Request($"r{index}", promptTokens: 1, maxTokens: 40), 0);

        var (now, most) = (0.0, 0);
        while (scheduler.Next(now) is { } step)
        {
            now += 0.04 + 0.01 * step.Rows.Length;
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(7, step.OutputRows)]);
            if (now > 20 && scheduler.QueuedRequests > 0)
                most = Math.Max(most, scheduler.Counters.RunningRequests);
        }

        Assert.Equal(6, most);
        Assert.Equal(100, scheduler.Counters.CompletedRequests);
        Assert.InRange(1 / scheduler.Counters.TokenSeconds, 9, 25);
    }

    [Fact]
    public void Next_MinimumThatNobodyReaches_RunsOneAfterTheOther()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MinimumTokensPerSecond = 1000, PlannedTokenSeconds = 1, MaxRunning = 8 });
        for (var index = 0; index < 5; index++)
            scheduler.Enqueue(TestRequests.Request($"r{index}"), 0);

        for (var now = 0.0; scheduler.Next(now) is { } step; now++)
        {
            Assert.InRange(scheduler.Counters.RunningRequests, 0, 1);
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(7, step.OutputRows)]);
        }

        Assert.Equal(5, scheduler.Counters.CompletedRequests);
    }

    private static ReplicaScheduler Running(int sequences, SchedulerOptions options)
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 64 }, options);
        for (var index = 0; index < sequences; index++)
            scheduler.Enqueue(TestRequests.Request($"r{index}", promptTokens: 1, maxTokens: 100), 0);
        while (scheduler.Counters.QueuedRequests > 0)
        {
            var step = scheduler.NextStep();
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
        }

        return scheduler;
    }
}
