using System.Collections.Immutable;
using E2LLM.Core.Buffers;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>What every engine promises about its KV cache; run against each of them, on a model of 8 layers with a vocabulary of 2,048.</summary>
public abstract partial class KvStageEngineContract
{
    protected static readonly EngineSettings Settings = new() { KvCells = 64, MaxSequences = 4, MaxStepTokens = 16, MaxSequenceTokens = 48 };

    private static readonly int[] Prompt = [300, 301, 555, 302, 700, 303, 304, 711, 305, 306];

    protected abstract Task<IKvStageEngine> CreateAsync(int firstLayer, int layerCount, EngineSettings settings);

    [Theory]
    [InlineData(4)]
    [InlineData(1)]
    public async Task Import_OfWhatAnotherEngineExported_GoesOnWithTheSameTokens(int maxSequences)
    {
        await using var source = await CreateAsync(0, 8, Settings with { MaxSequences = maxSequences });
        await using var target = await CreateAsync(0, 8, Settings);
        var token = await PrefillAsync(source, 0, Prompt);
        var blocks = await ExportAsync(source, 0, Prompt.Length);
        await RunAsync(target, [SequenceCommand.Open(2, SamplingOptions.Greedy)]);
        await target.ImportKvAsync(2, Prompt.Length, blocks, CancellationToken.None);
        Assert.Equal(new StageEngineUsage(1, Prompt.Length), target.Usage);
        Assert.Equal(await DecodeAsync(source, 0, Prompt.Length, token, 6), await DecodeAsync(target, 2, Prompt.Length, token, 6));
    }

    [Fact]
    public async Task Export_GivesOneBlockALayerInLayerOrder()
    {
        await using var engine = await CreateAsync(2, 3, Settings);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)], Rows(1, 0, 1, 2, 3, 4, 5));
        var blocks = await engine.ExportKvAsync(1, 1, 4, CancellationToken.None);
        Assert.Equal([(2, 1, 3), (3, 1, 3), (4, 1, 3)], blocks.Select(block => (block.Header.Layer, block.Header.FirstPosition, block.Header.Rows)));
        Assert.Equal(new StageEngineUsage(1, 5), engine.Usage);
    }

    [Fact]
    public async Task Import_OfPartsExportedWhilePrefillGoesOn_InAnyOrder_GoesOnWithTheSameTokens()
    {
        await using var source = await CreateAsync(0, 8, Settings);
        await using var target = await CreateAsync(0, 8, Settings);
        await RunAsync(source, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        // Nothing is waited for: the calls run in the order in which they are made.
        Task<StageResult>[] steps = [RunAsync(source, [], Rows(0, 0, Prompt[..4])), RunAsync(source, [], Rows(0, 4, Prompt[4..7]))];
        var first = source.ExportKvAsync(0, 0, 5, CancellationToken.None);
        var last = RunAsync(source, [], Rows(0, 7, Prompt[7..]));
        var second = source.ExportKvAsync(0, 5, 10, CancellationToken.None);
        await Task.WhenAll(steps);
        var token = Assert.Single((await last).SampledTokens);
        await RunAsync(target, [SequenceCommand.Open(3, SamplingOptions.Greedy)]);
        await target.ImportKvAsync(3, 10, [.. (await second).Reverse(), .. await first], CancellationToken.None);
        Assert.Equal(await DecodeAsync(source, 0, 10, token, 6), await DecodeAsync(target, 3, 10, token, 6));
    }

    [Fact]
    public async Task Import_IntoAnotherCut_GoesOnWithTheSameTokens()
    {
        await using var whole = await CreateAsync(0, 8, Settings);
        await using var front = await CreateAsync(0, 3, Settings);
        await using var back = await CreateAsync(3, 5, Settings);
        var token = await PrefillAsync(whole, 0, Prompt);
        var blocks = await ExportAsync(whole, 0, Prompt.Length);
        foreach (var stage in new[] { front, back })
        {
            var layers = blocks.Where(block => block.Header.Layer >= stage.Info.FirstLayer && block.Header.Layer < stage.Info.FirstLayer + stage.Info.LayerCount);
            await RunAsync(stage, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
            await stage.ImportKvAsync(0, Prompt.Length, [.. layers], CancellationToken.None);
        }
        var expected = await DecodeAsync(whole, 0, Prompt.Length, token, 6);
        for (var index = 0; index < expected.Length; index++)
        {
            var row = new StepRow(token, Prompt.Length + index, 0, true);
            var hidden = (await RunAsync(front, [], row)).Hidden;
            var step = new StageStep { StepNumber = 0, Rows = [row with { Token = 0 }], Hidden = hidden };
            token = Assert.Single((await back.ExecuteAsync(step, CancellationToken.None)).SampledTokens);
            Assert.Equal(expected[index], token);
        }
    }

    [Fact]
    public async Task Import_OfASamplerWithPenalties_GoesOnWithTheSameTokens()
    {
        var sampling = new SamplingOptions { Temperature = 1.5f, TopK = 0, TopP = 1, MinP = 0, RepeatPenalty = 1.3f, Seed = 11 };
        await using var source = await CreateAsync(0, 8, Settings);
        await using var target = await CreateAsync(0, 8, Settings);
        var token = await PrefillAsync(source, 1, Prompt, sampling);
        await RunAsync(target, [SequenceCommand.Open(1, sampling, [.. Prompt], [token])]);
        await target.ImportKvAsync(1, Prompt.Length, await ExportAsync(source, 1, Prompt.Length), CancellationToken.None);
        Assert.Equal(await DecodeAsync(source, 1, Prompt.Length, token, 6), await DecodeAsync(target, 1, Prompt.Length, token, 6));
    }

    [Fact]
    public async Task Import_OfAnAnswerThatOthersBegan_GoesOnWithTheUninterruptedTokens()
    {
        var sampling = new SamplingOptions { Temperature = 1.5f, TopK = 0, TopP = 1, MinP = 0, RepeatPenalty = 1.3f, Seed = 11 };
        await using var source = await CreateAsync(0, 8, Settings);
        await using var target = await CreateAsync(0, 8, Settings);
        var first = await PrefillAsync(source, 1, Prompt, sampling);
        int[] answer = [first, .. await DecodeAsync(source, 1, Prompt.Length, first, 6)];
        for (var begun = 0; begun < answer.Length; begun++)
        {
            int[] known = [.. Prompt, .. answer[..begun]];
            await RunAsync(source, [SequenceCommand.Open(1, sampling, [.. Prompt], [.. answer[..begun]])]);
            var next = Assert.Single((await RunAsync(source, [], Rows(1, 0, known))).SampledTokens);
            await RunAsync(target, [SequenceCommand.Open(1, sampling, [.. Prompt], [.. answer[..begun], next])]);
            await target.ImportKvAsync(1, known.Length, await ExportAsync(source, 1, known.Length), CancellationToken.None);

            int[] rest = [next, .. await DecodeAsync(target, 1, known.Length, next, answer.Length - begun - 1)];
            Assert.Equal(answer[begun..], rest);
        }
    }

    [Fact]
    public async Task Import_NextToOtherSequences_LeavesThemAlone()
    {
        await using var source = await CreateAsync(0, 8, Settings);
        await using var target = await CreateAsync(0, 8, Settings);
        await PrefillAsync(source, 0, Prompt);
        var token = await PrefillAsync(target, 1, Prompt[..3]);
        var expected = await DecodeAsync(target, 1, 3, token, 4);
        await RunAsync(target, [SequenceCommand.Truncate(1, 3), SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        await target.ImportKvAsync(0, Prompt.Length, await ExportAsync(source, 0, Prompt.Length), CancellationToken.None);
        Assert.Equal(expected, await DecodeAsync(target, 1, 3, token, 4));
    }

    [Fact]
    public async Task Import_CancelledBeforeItsTurn_IsDroppedAndDisposesTheBlocks()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await PrefillAsync(engine, 0, Prompt);
        var blocks = await ExportAsync(engine, 0, Prompt.Length);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ImportKvAsync(1, Prompt.Length, blocks, new CancellationToken(canceled: true)));
        AssertDisposed(blocks);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.ExportKvAsync(0, 0, 1, new CancellationToken(canceled: true)));
        Assert.Equal(new StageEngineUsage(2, Prompt.Length), engine.Usage);
    }

    [Fact]
    public async Task ExportAndImport_AfterDispose_Fail()
    {
        var engine = await CreateAsync(0, 8, Settings);
        await PrefillAsync(engine, 0, Prompt);
        var blocks = await ExportAsync(engine, 0, Prompt.Length);
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<EngineException>(() => engine.ExportKvAsync(0, 0, 1, CancellationToken.None));
        await Assert.ThrowsAsync<EngineException>(() => engine.ImportKvAsync(1, Prompt.Length, blocks, CancellationToken.None));
        AssertDisposed(blocks);
    }

    protected static StepRow[] Rows(int sequence, int firstPosition, params int[] tokens) =>
        [.. tokens.Select((token, index) => new StepRow(token, firstPosition + index, sequence, index == tokens.Length - 1))];

    protected static Task<StageResult> RunAsync(IStageEngine engine, ImmutableArray<SequenceCommand> commands, params StepRow[] rows)
    {
        TensorBuffer? hidden = null;
        if (!engine.Info.IsFirst && rows.Length > 0)
        {
            hidden = TensorBuffer.Rent(rows.Length, engine.Info.HiddenWidth);
            hidden.Values.Fill(0.5f);
        }
        return engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = commands, Rows = [.. rows], Hidden = hidden }, CancellationToken.None);
    }

    /// <summary>Opens the slot and reads the prompt in one chunk.</summary>
    protected static async Task<int> PrefillAsync(IStageEngine engine, int sequence, int[] prompt, SamplingOptions? sampling = null)
    {
        var opened = SequenceCommand.Open(sequence, sampling ?? SamplingOptions.Greedy, [.. prompt]);
        return Assert.Single((await RunAsync(engine, [opened], Rows(sequence, 0, prompt))).SampledTokens);
    }

    protected static async Task<int[]> DecodeAsync(IStageEngine engine, int sequence, int position, int token, int count)
    {
        var tokens = new int[count];
        for (var index = 0; index < count; index++)
            tokens[index] = token = Assert.Single((await RunAsync(engine, [], new StepRow(token, position + index, sequence, true))).SampledTokens);
        return tokens;
    }

    protected static Task<IReadOnlyList<KvBlock>> ExportAsync(IKvStageEngine engine, int sequence, int positions) =>
        engine.ExportKvAsync(sequence, 0, positions, CancellationToken.None);

    private static void AssertDisposed(IEnumerable<KvBlock> blocks)
    {
        foreach (var block in blocks)
            Assert.Throws<ObjectDisposedException>(() => block.Bytes);
    }
}
