using E2LLM.Core.Errors;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPreemptionTests
{
    private static readonly SchedulerOptions Optimistic = new() { CellReservation = CellReservation.Optimistic, CellMarginTokens = 2 };

    [Fact]
    public void Next_Optimistic_AdmitsWhatWholeAnswersWouldKeepOut()
    {
        Assert.Equal(1, Admitted(new SchedulerOptions()));
        Assert.Equal(2, Admitted(Optimistic));

        static int Admitted(SchedulerOptions options)
        {
            var scheduler = TestRequests.Scheduler(TestRequests.Engine with { KvCells = 12 }, options);
            scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 8), 0);
            scheduler.Enqueue(TestRequests.Request("b", promptTokens: 3, maxTokens: 8), 0);
            return scheduler.NextStep().Admitted.Length;
        }
    }

    [Fact]
    public void Next_CellsShort_InterruptsTheYoungestAndReadsItAgainWithItsAnswer()
    {
        var scheduler = TwoThatOutgrowTheCells();
        var steps = RunUntilPreempted(scheduler);

        Assert.Equal("close 1 | 0@5*", steps[^1].Text());
        Assert.Equal(["b"], steps[^1].Preempted.ToArray());
        Assert.Equal((1, 1, 1L), (scheduler.Counters.QueuedRequests, scheduler.Counters.RunningRequests, scheduler.Counters.Preemptions));
        scheduler.Cancel("a");
        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3 0@4 0@5*", scheduler.NextStep().Text());
        Assert.Equal(3, Assert.Single(scheduler.Complete(scheduler.NextStepNumber - 1, [9])).Chunk.FirstIndex);
    }

    [Fact]
    public void Next_CellsShort_AlsoInterruptsTheOneThatNeedsThem()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { KvCells = 15 }, Optimistic);
        scheduler.Enqueue(TestRequests.Request("held", promptTokens: 8), 0, RunMode.PrefillOnly);
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 8), 0);

        var steps = RunUntilPreempted(scheduler);

        Assert.Equal(["a"], steps[^1].Preempted.ToArray());
        Assert.Equal(1, scheduler.Counters.HeldRequests);
        scheduler.ReleaseHeld("held");
        Assert.Equal("a", Assert.Single(scheduler.NextStep().Admitted).RequestId);
    }

    [Fact]
    public void Next_InterruptedOften_StartsWithAllItsCellsAndIsLeftAlone()
    {
        var scheduler = TwoThatOutgrowTheCells(Optimistic with { MaxPreemptions = 1 });
        RunUntilPreempted(scheduler);
        while (scheduler.Counters.QueuedRequests > 0)
            scheduler.RunStep();

        // "b" has come back, and only when "a" had ended: 3 + 8 cells of 13 are its own.
        Assert.Equal((1, 11), (scheduler.Counters.RunningRequests, scheduler.Counters.ReservedKvCells));
        Assert.Equal(1, scheduler.Counters.CompletedRequests);
    }

    [Fact]
    public void Next_YoungestHasRowsInFlight_WaitsForThemInsteadOfInterruptingAnother()
    {
        var scheduler = TestRequests.Scheduler(
            TestRequests.Engine with { KvCells = 6 }, Optimistic with { CellMarginTokens = 1, MaxStepsInFlight = 2 });
        foreach (var id in new[] { "a", "b", "c" })
            scheduler.Enqueue(TestRequests.Request(id, promptTokens: 1, maxTokens: 5), 0);
        scheduler.RunStep();
        var (first, second) = (scheduler.NextStep(), scheduler.NextStep());
        Assert.Equal(("| 0@1* 1@1*", "| 2@1*"), (first.Text(), second.Text()));
        scheduler.Complete(first.StepNumber, [7, 7]);

        // "a" and "b" have used up their cells, and "c" is given up; its row is still on the way.
        Assert.Null(scheduler.Next(0));
        Assert.Null(scheduler.Next(0));
        Assert.Equal(1, scheduler.Counters.Preemptions);
        Assert.Empty(scheduler.Complete(second.StepNumber, [7]));
        var step = scheduler.NextStep();
        Assert.Equal(("close 2 | 0@2*", "c"), (step.Text(), Assert.Single(step.Preempted)));
        Assert.Equal("| 1@2*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Constructor_ReservationOutOfRange_NamesAllThatAre()
    {
        var options = new SchedulerOptions
        {
            CellReservation = (CellReservation)9,
            CellMarginTokens = 0,
            MaxPreemptions = -1,
            PriorityAgeingSeconds = -1,
        };

        var error = Assert.Throws<ConfigurationException>(() => TestRequests.Scheduler(options: options));

        Assert.Contains("CellReservation is 9; it must be one of WholeAnswer, Optimistic.", error.Message);
        Assert.Contains("CellMarginTokens is 0; it must be 1 to 8192.", error.Message);
        Assert.Contains("MaxPreemptions is -1; it must be 0 to 100.", error.Message);
        Assert.Contains("PriorityAgeingSeconds is -1; it must be 0 to 86400.", error.Message);
    }

    private static ReplicaScheduler TwoThatOutgrowTheCells(SchedulerOptions? options = null)
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { KvCells = 11 }, options ?? Optimistic);
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 3, maxTokens: 8), 0);
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 3, maxTokens: 8), 0);
        return scheduler;
    }

    private static List<StepPlan> RunUntilPreempted(ReplicaScheduler scheduler)
    {
        List<StepPlan> steps = [];
        while (steps.Count == 0 || steps[^1].Preempted.IsEmpty)
        {
            steps.Add(scheduler.NextStep());
            scheduler.Complete(steps[^1].StepNumber, [.. Enumerable.Repeat(7, steps[^1].OutputRows)]);
        }

        return steps;
    }
}
