using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Tests.Engines;

/// <summary>What every stage engine promises; run against each of them, on a model of 8 layers with a vocabulary of 2,048.</summary>
public abstract partial class StageEngineContract
{
    protected static readonly EngineSettings Settings =
        new() { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 };

    private static readonly int[] Prompt = [300, 301, 555, 302, 700];

    protected abstract Task<IStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings);

    [Fact]
    public async Task Execute_InOneStageOrTwo_GivesTheSameTokens()
    {
        await using var whole = await CreateAsync(0, 8, Settings);
        await using var front = await CreateAsync(0, 3, Settings);
        await using var back = await CreateAsync(3, 5, Settings);
        var expected = await GenerateAsync([whole], SamplingOptions.Greedy, 8);
        Assert.Equal(expected, await GenerateAsync([front, back], SamplingOptions.Greedy, 8));
    }

    [Fact]
    public async Task Execute_WithASeed_DrawsTheSameTokensInAnyCut()
    {
        var sampling = new SamplingOptions { Temperature = 1.5f, TopK = 0, TopP = 1, MinP = 0, Seed = 5 };
        await using var whole = await CreateAsync(0, 8, Settings);
        await using var front = await CreateAsync(0, 6, Settings);
        await using var back = await CreateAsync(6, 2, Settings);
        var expected = await GenerateAsync([whole], sampling, 8);
        Assert.Equal(expected, await GenerateAsync([front, back], sampling, 8));
        Assert.NotEqual(expected, await GenerateAsync([whole], sampling with { Seed = 6 }, 8));
    }

    [Fact]
    public async Task Execute_OfARequestThatMovesToAnotherEngine_GoesOnWithTheSameTokens()
    {
        var sampling = new SamplingOptions { Temperature = 1.5f, TopK = 0, TopP = 1, MinP = 0, RepeatPenalty = 1.3f, Seed = 11 };
        await using var first = await CreateAsync(0, 8, Settings);
        await using var second = await CreateAsync(0, 8, Settings);
        var all = await GenerateAsync([first], sampling, 8);
        for (var begun = 0; begun < all.Length; begun++)
        {
            await RunAsync(second, [SequenceCommand.Open(2, sampling, [.. Prompt], [.. all[..begun]])]);
            var result = await RunAsync(second, [], Rows(2, 0, [.. Prompt, .. all[..begun]]));
            for (var index = begun; index < all.Length; index++)
            {
                Assert.Equal(all[index], Assert.Single(result.SampledTokens));
                result = await RunAsync(second, [], new StepRow(all[index], Prompt.Length + index, 2, true));
            }
        }
    }

    [Fact]
    public async Task Execute_OfAMiddleStage_GivesHiddenStatesAndNoTokens()
    {
        await using var middle = await CreateAsync(2, 3, Settings);
        await RunAsync(middle, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        using var result = (await RunAsync(middle, [], [new StepRow(0, 0, 0, true), new StepRow(0, 1, 0, false)])).Hidden;
        Assert.NotNull(result);
        Assert.Equal((2, middle.Info.HiddenWidth), (result.Rows, result.Width));
    }

    [Fact]
    public async Task Execute_OfCommandsAlone_GivesNothing()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var result = await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        Assert.Null(result.Hidden);
        Assert.Empty(result.SampledTokens);
        Assert.Equal(new StageEngineUsage(1, 0), engine.Usage);
    }

    [Fact]
    public async Task Execute_OfStepsNotWaitedFor_RunsThemInTheOrderOfTheCalls()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var opening = RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        var steps = Enumerable.Range(0, 40).Select(position => RunAsync(engine, [], new StepRow(300, position, 0, false))).ToArray();
        await opening;
        await Task.WhenAll(steps);
        Assert.Equal(new StageEngineUsage(1, 40), engine.Usage);
    }

    [Fact]
    public async Task Execute_WithMoreSequencesThanRowsOfAStep_Works()
    {
        await using var engine = await CreateAsync(0, 8, Settings with { MaxSequences = 64, MaxStepTokens = 4 });
        await RunAsync(engine, [SequenceCommand.Open(63, SamplingOptions.Greedy)]);
        Assert.Single((await RunAsync(engine, [], new StepRow(300, 0, 63, true))).SampledTokens);
    }

    [Fact]
    public async Task Truncate_AndTheSameRowsAgain_GivesTheSameToken()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await OpenAndPrefillAsync(engine);
        var first = await RunAsync(engine, [], new StepRow(400, 5, 0, true));
        var second = await RunAsync(engine, [SequenceCommand.Truncate(0, 5)], new StepRow(400, 5, 0, true));
        AssertSame(first.SampledTokens, second.SampledTokens);
        Assert.Equal(new StageEngineUsage(1, 6), engine.Usage);
    }

    [Fact]
    public async Task Truncate_UndoesDrawsForThePenalties()
    {
        // A penalty so hard that no token is drawn twice in a row: forgotten draws must be free again.
        var sampling = SamplingOptions.Greedy with { RepeatPenalty = 10, PresencePenalty = 2 };
        await using var engine = await CreateAsync(0, 8, Settings);
        await RunAsync(engine, [SequenceCommand.Open(0, sampling)]);
        var first = await RunAsync(engine, [], Rows(0, 0, Prompt));
        var second = await RunAsync(engine, [SequenceCommand.Truncate(0, 4)], new StepRow(Prompt[4], 4, 0, true));
        AssertSame(first.SampledTokens, second.SampledTokens);
    }

    [Fact]
    public async Task CloseAndTruncate_OfASlotThatHoldsNothing_AreNoErrors()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await RunAsync(engine, [SequenceCommand.Close(1), SequenceCommand.Truncate(2, 7), SequenceCommand.Close(1)]);
        await OpenAndPrefillAsync(engine);
        await RunAsync(engine, [SequenceCommand.Truncate(0, 30)]);
        Assert.Equal(new StageEngineUsage(1, 5), engine.Usage);
    }

    [Fact]
    public async Task Close_FreesTheCells()
    {
        await using var engine = await CreateAsync(0, 8, Settings with { KvCells = 8 });
        for (var request = 0; request < 5; request++)
        {
            await OpenAndPrefillAsync(engine);
            await RunAsync(engine, [SequenceCommand.Close(0)]);
            Assert.Equal(default, engine.Usage);
        }
    }

    [Fact]
    public async Task Open_OfASlotInUse_DropsWhatItHeld()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var expected = await OpenAndPrefillAsync(engine);
        AssertSame(expected, await OpenAndPrefillAsync(engine));
        Assert.Equal(new StageEngineUsage(1, 5), engine.Usage);
    }

    [Fact]
    public async Task Execute_DisposesTheHiddenStatesItWasGiven()
    {
        await using var engine = await CreateAsync(4, 4, Settings);
        var hidden = Hidden(1, engine.Info.HiddenWidth);
        var step = new StageStep
        {
            StepNumber = 1,
            Commands = [SequenceCommand.Open(0, SamplingOptions.Greedy)],
            Rows = [new StepRow(0, 0, 0, true)],
            Hidden = hidden,
        };
        Assert.Single((await engine.ExecuteAsync(step, CancellationToken.None)).SampledTokens);
        Assert.Throws<ObjectDisposedException>(() => hidden.Values.Length);
    }

    [Fact]
    public async Task Execute_CancelledBeforeItsTurn_IsDropped()
    {
        await using var engine = await CreateAsync(4, 4, Settings);
        await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        var hidden = Hidden(1, engine.Info.HiddenWidth);
        var step = new StageStep { StepNumber = 1, Rows = [new StepRow(0, 0, 0, true)], Hidden = hidden };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ExecuteAsync(step, new CancellationToken(canceled: true)));
        Assert.Throws<ObjectDisposedException>(() => hidden.Values.Length);
        Assert.Equal(new StageEngineUsage(1, 0), engine.Usage);
    }

    [Fact]
    public async Task Execute_AfterDispose_FailsAndDisposesTheHiddenStates()
    {
        var engine = await CreateAsync(4, 4, Settings);
        await engine.DisposeAsync();
        await engine.DisposeAsync();
        var hidden = Hidden(1, engine.Info.HiddenWidth);
        var step = new StageStep { StepNumber = 1, Rows = [new StepRow(0, 0, 0, true)], Hidden = hidden };
        await Assert.ThrowsAsync<EngineException>(() => engine.ExecuteAsync(step, CancellationToken.None));
        Assert.Throws<ObjectDisposedException>(() => hidden.Values.Length);
    }

    [Fact]
    public async Task Dispose_WithStepsWaiting_EndsEveryOneOfThem()
    {
        var engine = await CreateAsync(0, 8, Settings);
        await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        var steps = Enumerable.Range(0, 40).Select(position => RunAsync(engine, [], new StepRow(300, position, 0, false))).ToArray();
        await engine.DisposeAsync();
        foreach (var step in steps)
            if (await Record.ExceptionAsync(() => step) is { } error)
                Assert.IsType<EngineException>(error);
    }

    protected static StepRow[] Rows(int sequence, int firstPosition, params int[] tokens) =>
        [.. tokens.Select((token, index) => new StepRow(token, firstPosition + index, sequence, index == tokens.Length - 1))];

    protected static async Task<ImmutableArray<int>> OpenAndPrefillAsync(IStageEngine engine) =>
        (await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)], Rows(0, 0, Prompt))).SampledTokens;

    /// <summary>A step; a stage that is not the first gets made-up hidden states.</summary>
    protected static Task<StageResult> RunAsync(IStageEngine engine, ImmutableArray<SequenceCommand> commands, params StepRow[] rows)
    {
        var hidden = engine.Info.IsFirst || rows.Length == 0 ? null : Hidden(rows.Length, engine.Info.HiddenWidth);
        var step = new StageStep { StepNumber = 0, Commands = commands, Rows = [.. rows], Hidden = hidden };
        return engine.ExecuteAsync(step, CancellationToken.None);
    }

    private static async Task<int[]> GenerateAsync(IStageEngine[] stages, SamplingOptions sampling, int count)
    {
        var answer = new List<int>();
        await StepAsync([SequenceCommand.Open(1, sampling, [.. Prompt])], []);
        answer.Add(await StepAsync([], Rows(1, 0, Prompt)));
        while (answer.Count < count)
            answer.Add(await StepAsync([], [new StepRow(answer[^1], Prompt.Length + answer.Count - 1, 1, true)]));
        await StepAsync([SequenceCommand.Close(1)], []);
        return [.. answer];

        async Task<int> StepAsync(ImmutableArray<SequenceCommand> commands, StepRow[] rows)
        {
            var result = new StageResult();
            foreach (var stage in stages)
            {
                var step = new StageStep { StepNumber = 0, Commands = commands, Rows = [.. rows], Hidden = result.Hidden };
                result = await stage.ExecuteAsync(step, CancellationToken.None);
            }
            return result.SampledTokens.SingleOrDefault();
        }
    }

    // Immutable arrays equal each other by reference.
    private static void AssertSame(ImmutableArray<int> expected, ImmutableArray<int> actual) =>
        Assert.Equal(expected.AsEnumerable(), actual.AsEnumerable());

    private static TensorBuffer Hidden(int rows, int width)
    {
        var hidden = TensorBuffer.Rent(rows, width);
        for (var index = 0; index < hidden.Values.Length; index++)
            hidden.Values[index] = index % 7;
        return hidden;
    }
}
