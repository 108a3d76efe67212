using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Tests.Kv;

public abstract partial class KvStageEngineContract
{
    [Fact]
    public async Task Copy_OfAPrefix_GoesOnAsARequestReadWithTheSameChunks()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await PrefillAsync(engine, 0, Prompt[..6]);
        await RunAsync(engine, [], Rows(0, 6, 800, 801, 802));
        var copied = RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy), SequenceCommand.Copy(1, 0, 6)], Rows(1, 6, Prompt[6..]));
        var token = Assert.Single((await copied).SampledTokens);
        Assert.Equal(new StageEngineUsage(2, 13), engine.Usage);
        var answer = await DecodeAsync(engine, 1, 10, token, 5);

        await using var fresh = await CreateAsync(0, 8, Settings);
        await PrefillAsync(fresh, 0, Prompt[..6]);
        Assert.Equal(token, Assert.Single((await RunAsync(fresh, [], Rows(0, 6, Prompt[6..]))).SampledTokens));
        Assert.Equal(answer, await DecodeAsync(fresh, 0, 10, token, 5));
    }

    [Fact]
    public async Task Copy_LeavesTheCopyWholeWhateverBecomesOfTheSource()
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var token = await PrefillAsync(engine, 0, Prompt);
        var expected = await DecodeAsync(engine, 0, 10, token, 4);
        await RunAsync(engine, [SequenceCommand.Truncate(0, 10)]);
        await RunAsync(engine, [.. Enumerable.Range(1, 3).SelectMany(slot => CopyTo(slot, 0, 10))]);
        Assert.Equal(new StageEngineUsage(4, 10), engine.Usage);

        await RunAsync(engine, [SequenceCommand.Truncate(0, 4)], Rows(0, 4, 900, 901));
        Assert.Equal(new StageEngineUsage(4, 12), engine.Usage);
        Assert.Equal(expected, await DecodeAsync(engine, 1, 10, token, 4));
        await RunAsync(engine, [SequenceCommand.Close(0)]);
        Assert.Equal(new StageEngineUsage(3, 14), engine.Usage);
        Assert.Equal(expected, await DecodeAsync(engine, 2, 10, token, 4));
        await RunAsync(engine, [SequenceCommand.Close(1), SequenceCommand.Close(2)]);
        Assert.Equal(new StageEngineUsage(1, 10), engine.Usage);
        Assert.Equal(expected, await DecodeAsync(engine, 3, 10, token, 4));
        await RunAsync(engine, [SequenceCommand.Close(3)]);
        Assert.Equal(default, engine.Usage);
    }

    [Fact]
    public async Task Copy_CountsSharedCellsOnce_SoThatTheWholeCacheCanBeUsed()
    {
        // llama.cpp rounds up to 256 cells, so that with fewer it would not notice.
        await using var engine = await CreateAsync(0, 8, Settings with { KvCells = 256, MaxSequences = 12, MaxSequenceTokens = 64 });
        for (var start = 0; start < 40; start += 10)
            await RunAsync(engine, start == 0 ? [SequenceCommand.Open(0, SamplingOptions.Greedy)] : [], Rows(0, start, Prompt));
        await RunAsync(engine, [.. Enumerable.Range(1, 9).SelectMany(slot => CopyTo(slot, 0, 40))]);
        for (var slot = 0; slot < 9; slot++)
            for (var start = 40; start < 64; start += 12)
                await RunAsync(engine, [], Rows(slot, start, [.. Enumerable.Range(400 + slot, 12)]));
        Assert.Equal(new StageEngineUsage(10, 256), engine.Usage);
        var error = await Assert.ThrowsAsync<EngineException>(() => RunAsync(engine, [], new StepRow(300, 40, 9, true)));
        Assert.Contains("256 of 256", error.Message);
        await RunAsync(engine, [SequenceCommand.Truncate(0, 63)], new StepRow(300, 40, 9, true));
        Assert.Equal(new StageEngineUsage(10, 256), engine.Usage);
    }

    [Fact]
    public async Task Export_OfSharedCells_GivesTheCopyLikeAnyOther()
    {
        await using var source = await CreateAsync(0, 8, Settings);
        await using var target = await CreateAsync(0, 8, Settings);
        var token = await PrefillAsync(source, 0, Prompt);
        await RunAsync(source, CopyTo(1, 0, 10));
        var blocks = await ExportAsync(source, 1, 10);
        await RunAsync(target, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        await target.ImportKvAsync(0, 10, blocks, CancellationToken.None);
        Assert.Equal(await DecodeAsync(source, 0, 10, token, 4), await DecodeAsync(target, 0, 10, token, 4));
        Assert.Equal(new StageEngineUsage(2, 14), source.Usage);
    }

    [Theory]
    [InlineData(1, 0, 11, "holds 10")]
    [InlineData(1, 0, 0, "holds 10")]
    [InlineData(1, 0, -3, "holds 10")]
    [InlineData(1, 3, 1, "slot 3, which is not open")]
    [InlineData(1, 4, 1, "copies slot 4")]
    [InlineData(1, -1, 1, "copies slot -1")]
    [InlineData(1, 1, 1, "holds 0")]
    [InlineData(0, 0, 1, "not open and empty")]
    [InlineData(3, 0, 1, "not open and empty")]
    [InlineData(9, 0, 1, "MaxSequences is 4")]
    public async Task Copy_ThatDoesNotFit_ChangesNothing(int sequence, int fromSequence, int positions, string reason)
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await PrefillAsync(engine, 0, Prompt);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)]);
        var error = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(engine, [SequenceCommand.Close(0), SequenceCommand.Open(0, SamplingOptions.Greedy), SequenceCommand.Copy(0, 1, 1)]));
        Assert.Contains("holds 0", error.Message);
        error = await Assert.ThrowsAsync<EngineException>(
            () => RunAsync(engine, [SequenceCommand.Truncate(0, 10), SequenceCommand.Copy(sequence, fromSequence, positions)]));
        Assert.Contains(reason, error.Message);
        Assert.Equal(new StageEngineUsage(2, 10), engine.Usage);
        await RunAsync(engine, [SequenceCommand.Copy(1, 0, 10)]);
    }

    private static ImmutableArray<SequenceCommand> CopyTo(int sequence, int fromSequence, int positions) =>
        [SequenceCommand.Open(sequence, SamplingOptions.Greedy), SequenceCommand.Copy(sequence, fromSequence, positions)];
}
