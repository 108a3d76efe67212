using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;

namespace E2LLM.Scheduling.Tests.Batching;

/// <summary>Requests that go on with an answer that others have begun.</summary>
public sealed class ReplicaSchedulerBegunAnswerTests
{
    private static readonly EngineSettings Small = TestRequests.Engine with { MaxStepTokens = 4 };

    private static readonly GenerationRequest Request = TestRequests.Request("a", promptTokens: 6, maxTokens: 12) with
    {
        Sampling = new SamplingOptions { RepeatPenalty = 1.1f, PenaltyLastTokens = 8 },
    };

    private static readonly ImmutableArray<int> Expected = ReferenceModel.Generate(Request, Small.MaxSequenceTokens).Tokens;

    public static TheoryData<int> EverySplit => [.. Enumerable.Range(0, Request.MaxTokens)];

    [Theory]
    [MemberData(nameof(EverySplit))]
    public void Whole_WritesTheRestOfTheUninterruptedAnswer(int begun)
    {
        var scheduler = TestRequests.Scheduler(Small);
        var answer = new AnswerModel(Request with { Answer = Expected[..begun] }, Small.MaxSequenceTokens);
        scheduler.Enqueue(answer.Request, 0);

        Run(scheduler, new StageModel(Small), answer);

        Assert.Equal(Expected, answer.Tokens);
        Assert.Equal(Expected.Length - begun, scheduler.Counters.GeneratedTokens);
    }

    [Theory]
    [MemberData(nameof(EverySplit))]
    public void PrefillPartAndDecodePart_WriteTheRestOfTheUninterruptedAnswer(int begun)
    {
        var (prefill, decoder) = (TestRequests.Scheduler(Small), TestRequests.Scheduler(Small));
        var (reader, writer) = (new StageModel(Small), new StageModel(Small));
        var answer = new AnswerModel(Request with { Answer = Expected[..begun] }, Small.MaxSequenceTokens);
        prefill.Enqueue(answer.Request, 0, RunMode.PrefillOnly);
        decoder.Enqueue(answer.Request, 0, RunMode.DecodeOnly);

        var progress = Run(prefill, reader, answer);
        if (answer.Finish is null)
        {
            Assert.Equal((6 + begun, true), (progress.ToPosition, progress.IsHeld));
            var opening = decoder.NextStep();
            writer.Execute(opening);
            decoder.Complete(opening.StepNumber, []);
            var reservation = Assert.Single(opening.KvReservations);
            Assert.True(writer.TryImport(
                SequenceCommand.Open(reservation.Sequence, Request, [.. answer.Tokens]), reservation.StepNumber,
                reader.Export(progress.Sequence, 0, progress.ToPosition)));
            Assert.Null(decoder.KvArrived(reservation, progress.ToPosition, [.. answer.Tokens]));
            Assert.True(prefill.ReleaseHeld("a"));
            Run(decoder, writer, answer);
        }

        Assert.Equal(Expected, answer.Tokens);
    }

    [Fact]
    public void Next_ReadsPromptAndAnswerInChunksAndTellsTheStagesWhichIsWhich()
    {
        var scheduler = TestRequests.Scheduler(Small);
        scheduler.Enqueue(Request with { Answer = [11, 12] }, 0);

        var step = scheduler.NextStep();
        scheduler.Complete(step.StepNumber, []);

        Assert.Equal("open 0 | 0@0 0@1 0@2 0@3", step.Text());
        Assert.Equal([100, 101, 102, 103, 104, 105], step.Commands[0].PenaltyTokens.ToArray());
        Assert.Equal([11, 12], step.Commands[0].Answer.ToArray());
        Assert.Equal("| 0@4 0@5 0@6 0@7*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Next_AnswerThatThePenaltiesDoNotLookBehind_NamesNoTokenOfThePrompt()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(Request with { Answer = Expected[..8] }, 0);

        Assert.Empty(scheduler.NextStep().Commands[0].PenaltyTokens);
    }

    [Theory]
    [InlineData(RunMode.Whole, 18, 18)]
    [InlineData(RunMode.PrefillOnly, 9, 8)]
    [InlineData(RunMode.DecodeOnly, 18, 10)]
    public void Enqueue_CountsTheAnswerOnce(RunMode mode, int cells, long pendingTokens)
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(Request with { Answer = [11, 12] }, 0, mode);

        Assert.Equal(pendingTokens, scheduler.Counters.PendingTokens);
        scheduler.NextStep();
        Assert.Equal(cells, scheduler.Counters.ReservedKvCells);
    }

    [Theory]
    [InlineData(12, RejectionCodes.InvalidValue, "MaxTokens is 12")]
    [InlineData(13, RejectionCodes.InvalidValue, "MaxTokens is 12")]
    [InlineData(4, RejectionCodes.ContextLengthExceeded, "6 tokens and its answer 4")]
    public void Enqueue_NothingLeftToWrite_IsRejected(int begun, string code, string message)
    {
        var scheduler = TestRequests.Scheduler(TestRequests.Engine with { MaxSequenceTokens = 10 });

        var error = Assert.Throws<RequestRejectedException>(
            () => scheduler.Enqueue(Request with { Answer = [.. Enumerable.Range(0, begun)] }, 0));

        Assert.Contains(message, error.Message);
        Assert.Equal(code, error.Code);
    }

    [Fact]
    public void ReleaseHeld_NoTokenOfItsOwnYet_Throws()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(Request with { Answer = [11] }, 0, RunMode.PrefillOnly);
        scheduler.NextStep();

        Assert.Throws<InvalidOperationException>(() => scheduler.ReleaseHeld("a"));
    }

    [Fact]
    public void KvArrived_FiguresThatDoNotFitTheAnswerSoFar_ThrowsAndChangesNothing()
    {
        var scheduler = TestRequests.Scheduler();
        var reservation = Reserve(scheduler, [11, 12]);

        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 8, [11, 12]));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 8, [11, 13, 14]));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 7, [11, 12, 13]));
        Assert.Throws<ArgumentException>(() => scheduler.KvArrived(reservation, 9, [11, 12, 13]));
        Assert.Null(scheduler.KvArrived(reservation, 8, [11, 12, 13]));
        var step = scheduler.NextStep();
        Assert.Equal(("| 0@8*", 13), (step.Text(), step.Rows[0].Token));
        Assert.Equal(3, Assert.Single(scheduler.Complete(step.StepNumber, [14])).Chunk.FirstIndex);
    }

    [Fact]
    public void KvFailed_ReadHere_ReadsThePromptAndAllThatWasDelivered()
    {
        var scheduler = TestRequests.Scheduler();
        var nothingNew = Reserve(scheduler, [11, 12]);
        Assert.Null(scheduler.KvFailed(nothingNew, TestRequests.Failure, KvRecovery.ReadHere, 0));
        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3 0@4 0@5 0@6 0@7*", scheduler.NextStep().Text());
        scheduler.Cancel("a");
        scheduler = TestRequests.Scheduler();
        var oneMore = Reserve(scheduler, [11, 12]);

        Assert.Throws<ArgumentException>(() => scheduler.KvFailed(oneMore, TestRequests.Failure, KvRecovery.ReadHere, 0, [13]));
        Assert.Null(scheduler.KvFailed(oneMore, TestRequests.Failure, KvRecovery.ReadHere, 0, [11, 12, 13]));

        Assert.Equal("close 0 open 0 | 0@0 0@1 0@2 0@3 0@4 0@5 0@6 0@7 0@8*", scheduler.NextStep().Text());
    }

    [Fact]
    public void Cancel_BeforeAnyTokenOfItsOwn_SaysWhereTheAnswerStands()
    {
        var scheduler = TestRequests.Scheduler();
        scheduler.Enqueue(Request with { Answer = [11, 12] }, 0);

        Assert.Equal(2, scheduler.Cancel("a")?.Chunk.FirstIndex);
    }

    [Fact]
    public void Next_SamePromptWithAnotherAnswer_SharesThePromptAlone()
    {
        var scheduler = TestRequests.Scheduler(options: new SchedulerOptions { ReusePrefixes = true, PrefixBlockTokens = 2 });
        scheduler.Enqueue(Request with { Answer = [11, 12, 13] }, 0);
        scheduler.RunStep();
        scheduler.Enqueue(Request with { Id = "b", Answer = [11, 12, 13] }, 0);

        Assert.Equal("open 1 copy 1 0:4 | 0@9* 1@4 1@5 1@6 1@7 1@8*", scheduler.NextStep().Text());
    }

    /// <summary>Steps until none comes; what the prefill holds at the end.</summary>
    private static PrefillProgress Run(ReplicaScheduler scheduler, StageModel stage, AnswerModel answer)
    {
        var progress = new PrefillProgress();
        while (scheduler.Next(0) is { } step)
            foreach (var update in scheduler.Complete(step.StepNumber, [.. stage.Execute(step)]))
            {
                if (update.Chunk.Tokens.Length > 0 || update.Chunk.Finish is not null)
                    answer.Receive(update.Chunk);
                progress = update.Prefill ?? progress;
            }

        return progress;
    }

    private static KvReservation Reserve(ReplicaScheduler scheduler, ImmutableArray<int> begun)
    {
        scheduler.Enqueue(Request with { Answer = begun }, 0, RunMode.DecodeOnly);
        var step = scheduler.NextStep();
        scheduler.Complete(step.StepNumber, []);
        return Assert.Single(step.KvReservations);
    }
}
