using E2LLM.Core.Plans;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>Long prompts beside running answers: neither side starves the other.</summary>
public sealed class ReplicaSchedulerMixedLoadTests
{
    private static readonly EngineSettings Engine =
        new() { KvCells = 1_000_000, MaxSequences = 64, MaxStepTokens = 16, MaxSequenceTokens = 5_000 };

    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 4)]
    [InlineData(4, 13)]
    public void Next_LongPromptBesideAnswers_KeepsToTheBudgetAndToOneTurnOfThePipeline(int stepsInFlight, int answers)
    {
        var options = new SchedulerOptions { MaxStepsInFlight = stepsInFlight, PrefillTokensBesideDecode = 3 };
        var scheduler = TestRequests.Scheduler(Engine, options);
        var pipeline = new Pipeline(scheduler);
        for (var index = 0; index < answers; index++)
            scheduler.Enqueue(TestRequests.Request($"a{index}", promptTokens: 1, maxTokens: 4_000), 0);
        pipeline.Run(steps: 4 * stepsInFlight * answers);
        var issuedBefore = pipeline.Issued.Count;

        scheduler.Enqueue(TestRequests.Request("long", promptTokens: 300), 0);
        pipeline.Run(steps: 100);

        var mixed = pipeline.Issued.Skip(issuedBefore).ToArray();
        Assert.All(mixed, step => Assert.InRange(step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows), 0, 3));
        Assert.True(mixed.Sum(step => step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows)) >= 3 * 90);
        for (var index = 0; index < answers; index++)
        {
            var turns = mixed.Select((step, at) => (step, at)).Where(item => item.step.Shares.Any(share => share.RequestId == $"a{index}"))
                .Select(item => item.at).ToArray();
            Assert.All(turns.Zip(turns.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 1, stepsInFlight));
        }
    }

    [Theory]
    [InlineData(512, 50)]
    [InlineData(20, 20)]
    [InlineData(1, 2)]
    public void Next_AfterRequestsWithLongPrompts_ReadsAsManyTokensBesideAnswersAsTheyNeed(int mostRows, int expectedRows)
    {
        var engine = Engine with { MaxStepTokens = 512 };
        var scheduler = TestRequests.Scheduler(engine, new SchedulerOptions { PrefillTokensBesideDecode = 2, MaxPrefillTokensBesideDecode = mostRows });
        // Ten tokens of a prompt for each of an answer, told by requests that have ended.
        scheduler.Enqueue(TestRequests.Request("ended", promptTokens: 50, maxTokens: 5), 0);
        for (var step = 0; step < 5; step++)
            scheduler.RunStep();
        for (var index = 0; index < 4; index++)
            scheduler.Enqueue(TestRequests.Request($"a{index}", promptTokens: 1, maxTokens: 4_000), 0);
        scheduler.RunStep();

        scheduler.Enqueue(TestRequests.Request("long", promptTokens: 3_000), 0);
        var step0 = scheduler.NextStep();

        Assert.Equal(4, step0.DecodeRows);
        Assert.Equal(expectedRows, step0.Rows.Length - step0.DecodeRows);
    }

    [Fact]
    public void Next_LastChunkOfAPromptInFlight_LimitsTheChunksThatFollowIt()
    {
        var scheduler = TestRequests.Scheduler(Engine, new SchedulerOptions { MaxStepsInFlight = 3, PrefillTokensBesideDecode = 2 });
        scheduler.Enqueue(TestRequests.Request("a", promptTokens: 16), 0);
        scheduler.Enqueue(TestRequests.Request("long", promptTokens: 100), 0);

        Assert.Equal([16, 2, 2], Enumerable.Range(0, 3).Select(_ => scheduler.NextStep().Rows.Length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Next_ShortPromptBehindALongOne_IsReadBesideIt(bool isQueuedOnly)
    {
        var scheduler = TestRequests.Scheduler(Engine, new SchedulerOptions());
        scheduler.Enqueue(TestRequests.Request("long", promptTokens: 400), 0);
        if (!isQueuedOnly)
            scheduler.RunStep();
        scheduler.Enqueue(TestRequests.Request("short", promptTokens: 20), 0);

        var steps = new List<string>();
        for (var isRead = false; !isRead;)
        {
            var step = scheduler.NextStep();
            steps.Add(string.Join(" ", step.Shares.Select(share => $"{share.RequestId} {share.Rows}")));
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
            isRead = step.OutputRows > 0;
        }

        // Where it waits in the queue first, the long one is not being read yet and takes the whole of the first step.
        Assert.Equal([.. isQueuedOnly ? ["long 16"] : Array.Empty<string>(), "long 8 short 8", "long 8 short 8", "long 12 short 4"], steps);
    }

    [Fact]
    public void Next_PromptHardlyShorterThanTheOldest_WaitsForIt()
    {
        var scheduler = TestRequests.Scheduler(Engine, new SchedulerOptions());
        scheduler.Enqueue(TestRequests.Request("first", promptTokens: 400), 0);
        scheduler.Enqueue(TestRequests.Request("second", promptTokens: 300), 0);

        for (var index = 0; index < 25; index++)
        {
            var step = scheduler.NextStep();
            Assert.Equal("first", Assert.Single(step.Shares).RequestId);
            scheduler.Complete(step.StepNumber, [.. Enumerable.Repeat(1, step.OutputRows)]);
        }

        Assert.Equal(["first", "second"], scheduler.NextStep().Shares.Select(share => share.RequestId));
    }

    [Theory]
    [InlineData(1, 16, 16)]
    [InlineData(2, 16, 40)]
    [InlineData(1, 1, 3)]
    [InlineData(3, 2, 9)]
    public void Next_AnswersThatCouldFillEveryStep_LeaveAnEighthToPrompts(int stepsInFlight, int maxStepTokens, int answers)
    {
        var scheduler = TestRequests.Scheduler(
            Engine with { MaxStepTokens = maxStepTokens }, new SchedulerOptions { MaxStepsInFlight = stepsInFlight });
        var pipeline = new Pipeline(scheduler);
        for (var index = 0; index < answers; index++)
            scheduler.Enqueue(TestRequests.Request($"a{index}", promptTokens: 1, maxTokens: 4_000), 0);
        pipeline.Run(steps: 1_000);
        var issuedBefore = pipeline.Issued.Count;

        scheduler.Enqueue(TestRequests.Request("late", promptTokens: 4_000, maxTokens: 1), 0);
        pipeline.Run(steps: 160);

        var rows = pipeline.Issued.Skip(issuedBefore).SelectMany(step => step.Shares).GroupBy(share => share.IsPrefill)
            .ToDictionary(group => group.Key, group => group.Sum(share => share.Rows));
        Assert.InRange(rows[true], (160 * maxStepTokens / 8) - maxStepTokens, 160 * maxStepTokens / 6);
        Assert.Equal(160 * maxStepTokens, rows[true] + rows[false]);
    }

    /// <summary>Keeps as many steps in flight as are permitted and completes the oldest.</summary>
    private sealed class Pipeline(ReplicaScheduler scheduler)
    {
        private readonly Queue<StepPlan> _inFlight = [];

        public List<StepPlan> Issued { get; } = [];

        public void Run(int steps)
        {
            for (var end = Issued.Count + steps; Issued.Count < end;)
            {
                while (Issued.Count < end && scheduler.Next(0) is { } step)
                {
                    Issued.Add(step);
                    _inFlight.Enqueue(step);
                }

                if (_inFlight.TryDequeue(out var done))
                    scheduler.Complete(done.StepNumber, [.. Enumerable.Repeat(1, done.OutputRows)]);
            }
        }
    }
}
