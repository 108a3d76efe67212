using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPipelineTests
{
    [Fact]
    public void Next_OneRunningSequence_GivesOneRowAndThenWaitsForItsToken()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { MaxStepsInFlight = 4 });
        scheduler.Enqueue(TestRequests.Request("a"), 0);
        scheduler.RunStep();

        Assert.Equal("| 0@3*", scheduler.NextStep().Text());
        Assert.Null(scheduler.Next(0));
    }

    [Theory]
    [InlineData(8, 4, "2 2 2 2")]
    [InlineData(5, 4, "2 1 1 1")]
    [InlineData(5, 2, "3 2")]
    [InlineData(3, 4, "1 1 1")]
    [InlineData(6, 1, "6")]
    public void Next_RunningSequences_AreCutIntoEvenMicroBatches(int sequences, int stepsInFlight, string expected)
    {
        var scheduler = Running(sequences, stepsInFlight);

        Assert.Equal(expected, string.Join(" ", IssueAll(scheduler).Select(step => step.Rows.Length)));
    }

    [Fact]
    public void Next_MicroBatchesThatFinishedTogether_StayEven()
    {
        var scheduler = Running(sequences: 6, stepsInFlight: 3);
        var steps = IssueAll(scheduler);
        Complete(scheduler, steps[0]);
        Complete(scheduler, steps[1]);

        Assert.Equal([2, 2], IssueAll(scheduler).Select(step => step.Rows.Length));
    }

    [Fact]
    public void Next_OneMicroBatchLostMembers_EvensOutWithinACycle()
    {
        var scheduler = Running(sequences: 8, stepsInFlight: 2);
        var steps = IssueAll(scheduler);
        foreach (var share in steps[0].Shares.Take(3))
            scheduler.Cancel(share.RequestId);

        Complete(scheduler, steps[0]);
        var lone = Assert.Single(IssueAll(scheduler));
        Complete(scheduler, steps[1]);
        var even = Assert.Single(IssueAll(scheduler));
        Complete(scheduler, lone);
        var rest = Assert.Single(IssueAll(scheduler));

        Assert.Equal((1, 3, 2), (lone.Rows.Length, even.Rows.Length, rest.Rows.Length));
        var leftOver = steps[1].Shares.Select(share => share.RequestId).Except(even.Shares.Select(share => share.RequestId)).Single();
        Assert.Equal(leftOver, rest.Shares[0].RequestId);
    }

    [Fact]
    public void Next_AllPermittedStepsInFlight_GivesNull()
    {
        var scheduler = Running(sequences: 4, stepsInFlight: 2);
        var steps = IssueAll(scheduler);

        Assert.Equal(2, steps.Count);
        scheduler.Enqueue(TestRequests.Request("late"), 0);
        Assert.Null(scheduler.Next(0));
        Assert.Equal(2, scheduler.Counters.StepsInFlight);
    }

    [Theory]
    [InlineData(4, 4)]
    [InlineData(7, 4)]
    [InlineData(3, 2)]
    public void Next_AsManySequencesAsStages_KeepsEveryStageBusy(int sequences, int stages)
    {
        var scheduler = Running(sequences, stages);

        // Every stage takes one tick a step, so what is on its way stands in one stage each.
        var pipeline = new StepPlan?[stages];
        for (var tick = 0; tick < 40; tick++)
        {
            if (pipeline[^1] is { } done)
                Complete(scheduler, done);
            Array.Copy(pipeline, 0, pipeline, 1, stages - 1);
            pipeline[0] = scheduler.Next(0);
            if (tick >= stages)
                Assert.All(pipeline, Assert.NotNull);
        }
    }

    private static ReplicaScheduler Running(int sequences, int stepsInFlight)
    {
        var scheduler = TestRequests.Scheduler(
            TestRequests.Engine with { MaxStepTokens = 64 },
            new SchedulerOptions { MaxStepsInFlight = stepsInFlight });
        for (var index = 0; index < sequences; index++)
            scheduler.Enqueue(TestRequests.Request($"r{index}", promptTokens: 1, maxTokens: 100), 0);
        while (scheduler.Counters.QueuedRequests > 0)
            Complete(scheduler, scheduler.NextStep());
        return scheduler;
    }

    private static List<StepPlan> IssueAll(ReplicaScheduler scheduler)
    {
        List<StepPlan> steps = [];
        while (scheduler.Next(0) is { } step)
            steps.Add(step);
        return steps;
    }

    private static void Complete(ReplicaScheduler scheduler, StepPlan step) =>
        scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
}
