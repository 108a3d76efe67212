using E2LLM.Core.Engines;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerStepTests
{
    [Fact]
    public void Next_NothingQueued_GivesNull() => Assert.Null(TestRequests.Scheduler().Next(0));

    [Fact]
    public void Next_OneRequest_OpensReadsThePromptWritesAndCloses()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 3), nowSeconds: 0);

        List<string> steps = [];
        List<int> rowTokens = [];
        while (scheduler.Next(0) is { } step)
        {
            steps.Add(step.Text());
            rowTokens.AddRange(step.Rows.Select(row => row.Token));
            scheduler.Complete(step.StepNumber, step.OutputRows == 0 ? [] : [20 + (int)step.StepNumber]);
        }

        Assert.Equal(["open 0 | 0@0 0@1 0@2*", "| 0@3*", "| 0@4*", "close 0 |"], steps);
        Assert.Equal([100, 101, 102, 20, 21], rowTokens);
    }

    [Fact]
    public void Complete_EachToken_IsReportedWithItsIndexAndTheLastOneWithTheReason()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a", maxTokens: 2), 0);

        var first = Assert.Single(scheduler.RunStep(token: 11));
        var second = Assert.Single(scheduler.RunStep(token: 12));

        Assert.Equal(("a", 0, null), (first.RequestId, first.Chunk.FirstIndex, first.Chunk.Finish));
        Assert.Equal([11], first.Chunk.Tokens.ToArray());
        Assert.Equal((1, FinishReason.Length), (second.Chunk.FirstIndex, second.Chunk.Finish));
        Assert.Equal([12], second.Chunk.Tokens.ToArray());
    }

    [Fact]
    public void Complete_StopToken_EndsTheAnswerWithoutIt()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep(token: 11);

        var update = Assert.Single(scheduler.RunStep(TestRequests.StopToken));

        Assert.Equal(FinishReason.Stop, update.Chunk.Finish);
        Assert.Equal(1, update.Chunk.FirstIndex);
        Assert.Empty(update.Chunk.Tokens);
        Assert.Equal("close 0 |", scheduler.NextStep().Text());
    }

    [Fact]
    public void Complete_MaxTokensBeyondTheSequenceLimit_EndsAtTheSequenceLimit()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequenceTokens = 5 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 100), 0);

        Assert.Null(Assert.Single(scheduler.RunStep()).Chunk.Finish);
        Assert.Equal(FinishReason.Length, Assert.Single(scheduler.RunStep()).Chunk.Finish);
    }

    [Fact]
    public void Next_LongPrompt_FollowsWithChunksWithoutWaitingForResults()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 4 }, new SchedulerOptions { MaxStepsInFlight = 3 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 10), 0);

        Assert.Equal("open 0 | 0@0 0@1 0@2 0@3", scheduler.NextStep().Text());
        Assert.Equal("| 0@4 0@5 0@6 0@7", scheduler.NextStep().Text());
        Assert.Equal("| 0@8 0@9*", scheduler.NextStep().Text());
        Assert.Null(scheduler.Next(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Next_RequestAlone_IsCutInTheSameChunksWhateverThePipelineDoes(int stepsInFlight)
    {
        var options = new SchedulerOptions { MaxStepsInFlight = stepsInFlight, PrefillTokensBesideDecode = 3 };
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 8 }, options);
        scheduler.Enqueue(TestRequests.Request("before", maxTokens: 1), 0);
        while (scheduler.Next(0) is { } step)
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 21, maxTokens: 1), 0);

        List<int> chunks = [];
        Queue<StepPlan> inFlight = [];
        while (chunks.Sum() < 21)
        {
            while (scheduler.Next(0) is { } step)
            {
                chunks.Add(step.Rows.Length);
                inFlight.Enqueue(step);
            }

            var done = inFlight.Dequeue();
            scheduler.Complete(done.StepNumber, [.. Enumerable.Repeat(1, done.OutputRows)]);
        }

        Assert.Equal([8, 8, 5], chunks);
    }

    [Fact]
    public void Next_AnswersRunning_PutsDecodeRowsFirstAndLimitsThePromptRowsBesideThem()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { PrefillTokensBesideDecode = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 9), 0);

        Assert.Equal("open 1 | 0@3* 1@0 1@1", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_SeveralShortPrompts_ShareAStep()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 8 });
        foreach (var id in new[] { "a", "b", "c" })
            scheduler.Enqueue(TestRequests.Request(id), 0);

        Assert.Equal("open 0 open 1 open 2 | 0@0 0@1 0@2* 1@0 1@1 1@2* 2@0 2@1", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_Shares_SayWhoseRowsTheyAre()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { PrefillTokensBesideDecode = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 9), nowSeconds: 3);

        var step = scheduler.Next(nowSeconds: 5);

        Assert.NotNull(step);
        Assert.Equal([new StepShare("a", 0, 1, false, true), new StepShare("b", 1, 2, true, false)], step.Shares.ToArray());
        Assert.Equal([new AdmittedRequest("b", 1, WaitSeconds: 2)], step.Admitted.ToArray());
        Assert.Equal(1, step.OutputRows);
    }

    [Fact]
    public void Next_PenaltiesAsked_OpensWithTheLatestPromptTokens()
    {
        var scheduler = TestRequests.Scheduler();
        var sampling = new SamplingOptions { RepeatPenalty = 1.1f, PenaltyLastTokens = 2 };
        scheduler.Enqueue(TestRequests.Request("a") with { Sampling = sampling }, 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);

        var opens = scheduler.NextStep().Commands;

        Assert.Equal([101, 102], opens[0].PenaltyTokens.ToArray());
        Assert.Same(sampling, opens[0].Sampling);
        Assert.Empty(opens[1].PenaltyTokens);
        Assert.All(opens, open => Assert.Equal(SequenceCommandKind.Open, open.Kind));
    }

    [Fact]
    public void Complete_OutOfOrder_AppliesInStepOrder()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxStepTokens = 3 }, new SchedulerOptions { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.Enqueue(TestRequests.Request("b"), 0);
        var first = scheduler.NextStep();
        var second = scheduler.NextStep();

        Assert.Empty(scheduler.Complete(second.StepNumber, [2]));
        Assert.Equal(["a", "b"], scheduler.Complete(first.StepNumber, [1]).Select(update => update.RequestId));
    }

    [Fact]
    public void Complete_ReportedTwice_CountsOnce()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        var step = scheduler.NextStep();

        Assert.Single(scheduler.Complete(step.StepNumber, [1]));
        Assert.Empty(scheduler.Complete(step.StepNumber, [1]));
        Assert.Equal(1, scheduler.Counters.GeneratedTokens);
    }

    [Fact]
    public void Complete_WrongNumberOfTokens_ThrowsAndChangesNothing()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        var step = scheduler.NextStep();

        Assert.Throws<ArgumentException>(() => scheduler.Complete(step.StepNumber, [1, 2]));
        Assert.Throws<ArgumentException>(() => scheduler.Complete(step.StepNumber, default));
        Assert.Single(scheduler.Complete(step.StepNumber, [1]));
    }

    [Fact]
    public void Complete_StepThatWasNeverIssued_Throws()
    {
        var scheduler = TestRequests.Scheduler();

        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Complete(0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.Fail(-1, TestRequests.Failure, FailureRecovery.Fail, 0));
    }
}
