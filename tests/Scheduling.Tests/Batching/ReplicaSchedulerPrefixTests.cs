using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

public sealed class ReplicaSchedulerPrefixTests
{
    private static readonly SchedulerOptions Reuse = new() { ReusePrefixes = true, PrefixBlockTokens = 4 };

    [Fact]
    public void Next_PromptBeginsAsAnEndedOne_SharesItsCellsAndReadsTheRest()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse);
        Serve(scheduler, "a", promptTokens: 9);

        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 10), 0);
        var step = scheduler.NextStep();

        Assert.Equal("truncate 0 to 8 open 1 copy 1 0:8 | 1@8 1@9*", step.Text());
        var counters = scheduler.Counters;
        Assert.Equal((2L, 1L, 8L), (counters.PrefixLookups, counters.PrefixHits, counters.PrefixHitTokens));
        Assert.Equal((1, 8), (scheduler.Counters.KeptPrefixes, scheduler.Counters.KeptKvCells));
        Assert.Equal((15, 1), (scheduler.Counters.ReservedKvCells, scheduler.Counters.RunningRequests));
        Assert.Equal(0, Assert.Single(scheduler.Complete(step.StepNumber, [5])).Chunk.FirstIndex);
    }

    [Fact]
    public void Next_SamePromptAgain_ReadsItsLastTokensForTheOutput()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse);
        Serve(scheduler, "a", promptTokens: 8);

        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 8), 0);

        Assert.Equal("truncate 0 to 8 open 1 copy 1 0:4 | 1@4 1@5 1@6 1@7*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_PromptBeginsAsARunningOne_SharesItOnceEveryStageHoldsIt()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse with { MaxStepsInFlight = 2 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 5), 0, RunMode.PrefillOnly);
        var reading = scheduler.NextStep();
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 6, maxTokens: 1), 0);
        Assert.Equal("open 1 | 1@0 1@1 1@2 1@3 1@4 1@5*", scheduler.NextStep().Text());
        scheduler.Complete(reading.StepNumber, [5]);

        scheduler.Enqueue(TestRequests.Request("c", promptTokens: 6, maxTokens: 1), 0);
        Assert.Equal("open 2 copy 2 0:4 | 2@4 2@5*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_SlotOrCellsNeeded_GivesUpThePrefixThatWasUsedLongestAgo()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequences = 2 }, Reuse);
        Serve(scheduler, "a", promptTokens: 5, firstToken: 100);
        Serve(scheduler, "b", promptTokens: 5, firstToken: 200);
        Assert.Equal("truncate 1 to 4 |", scheduler.NextStep().Text());
        scheduler.Complete(scheduler.NextStepNumber - 1, []);

        scheduler.Enqueue(Request("c", promptTokens: 6, firstToken: 100), 0);
        Assert.Equal("close 1 open 1 copy 1 0:4 | 1@4 1@5*", scheduler.NextStep().Text());
        Assert.Equal((1, 1L), (scheduler.Counters.KeptPrefixes, scheduler.Counters.PrefixEvictions));
    }

    [Fact]
    public void Next_OnlyTheSharedSlotIsLeft_GivesItUpAndReadsAll()
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequences = 1 }, Reuse);
        Serve(scheduler, "a", promptTokens: 5);

        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 5), 0);
        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3 0@4*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_CopyingStepLost_CopiesAgain()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse);
        Serve(scheduler, "a", promptTokens: 5);
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 5), 0);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);

        Assert.Equal("close 1 truncate 0 to 4 open 1 copy 1 0:4 | 1@4*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Fail_CachesLost_SharesNothingOfBefore()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse);
        Serve(scheduler, "a", promptTokens: 5);
        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 5), 0);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Requeue, 0);

        Assert.Equal("close 0 close 1 open 0 | 0@0 0@1 0@2 0@3 0@4*", scheduler.NextStep().Text());
        Assert.Equal(0, scheduler.Counters.KeptPrefixes);
    }

    [Fact]
    public void Next_SamePromptKeptAlready_FreesTheSecondSlot()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse);
        Serve(scheduler, "a", promptTokens: 5);
        Serve(scheduler, "b", promptTokens: 6);
        Assert.Equal("close 1 |", scheduler.NextStep().Text());

        Assert.Equal((1, 4), (scheduler.Counters.KeptPrefixes, scheduler.Counters.KeptKvCells));
    }

    [Fact]
    public void Next_AloneAfterALoad_GivesUpWhatWasReadBesideOthers()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse with { ExactWhenAlone = true });
        Serve(scheduler, "alone", promptTokens: 5, firstToken: 300);
        ServeTogether(scheduler, Request("first", 5, 100), Request("beside", 5, 200));
        Assert.Equal(3, scheduler.Counters.KeptPrefixes);

        scheduler.Enqueue(Request("next", promptTokens: 9, firstToken: 200), 0);
        scheduler.NextStep();

        // "first" found the replica idle and was read as if alone, whoever joined it then.
        Assert.Equal((2, 1L, 0L), (scheduler.Counters.KeptPrefixes, scheduler.Counters.PrefixEvictions, scheduler.Counters.PrefixHits));
    }

    [Fact]
    public void Next_BesideOthers_SharesWhatWasReadBesideOthers()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse with { ExactWhenAlone = true });
        ServeTogether(scheduler, Request("first", 5, 100), Request("beside", 5, 200));

        // The first to come finds the replica idle; a step that was lost has the same effect as company.
        scheduler.Enqueue(Request("a", promptTokens: 9, firstToken: 100), 0);
        scheduler.Enqueue(Request("b", promptTokens: 9, firstToken: 100), 0);
        scheduler.NextStep();

        Assert.Equal((2L, 1L), (scheduler.Counters.PrefixHits, scheduler.Counters.PrefixEvictions));
    }

    [Fact]
    public void Next_AloneAfterALostStep_GivesUpWhatWasReadThen()
    {
        var scheduler = TestRequests.Scheduler(options: Reuse with { ExactWhenAlone = true });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 5), 0);
        scheduler.Fail(scheduler.NextStep().StepNumber, TestRequests.Failure, FailureRecovery.Truncate, 0);
        while (scheduler.Counters.CompletedRequests == 0)
            scheduler.RunStep(TestRequests.StopToken);

        scheduler.Enqueue(TestRequests.Request("b", promptTokens: 9), 0);
        scheduler.NextStep();

        Assert.Equal((0L, 1L), (scheduler.Counters.PrefixHits, scheduler.Counters.PrefixEvictions));
    }

    [Fact]
    public void Next_NotAskedFor_SharesNothing()
    {
        var scheduler = TestRequests.Scheduler();
        Serve(scheduler, "a", promptTokens: 40);
        Assert.Equal((0, 0L), (scheduler.Counters.KeptPrefixes, scheduler.Counters.PrefixLookups));
    }

    private static void Serve(ReplicaScheduler scheduler, string id, int promptTokens, int firstToken = 100)
    {
        scheduler.Enqueue(Request(id, promptTokens, firstToken), 0);
        var completed = scheduler.Counters.CompletedRequests;
        while (scheduler.Counters.CompletedRequests == completed)
            scheduler.RunStep(TestRequests.StopToken);
    }

    private static void ServeTogether(ReplicaScheduler scheduler, params GenerationRequest[] requests)
    {
        foreach (var request in requests)
            scheduler.Enqueue(request, 0);
        var completed = scheduler.Counters.CompletedRequests;
        while (scheduler.Counters.CompletedRequests < completed + requests.Length)
            scheduler.RunStep(TestRequests.StopToken);
        scheduler.RunStep();
    }

    private static GenerationRequest Request(string id, int promptTokens, int firstToken) =>
        TestRequests.Request(id, promptTokens) with { PromptTokens = [.. Enumerable.Range(firstToken, promptTokens)] };
}
