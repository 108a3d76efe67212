using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Inference.Engines;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>What only an engine with a real cache can get wrong.</summary>
[Collection(NativeCollection.Name)]
public sealed class LlamaKvTests(TestModels models)
{
    // A window of 16 tokens.
    private const string Windowed = "tiny-gemma3-q8_0";

    private static readonly EngineSettings Settings = new() { KvCells = 256, MaxSequences = 4, MaxStepTokens = 128, MaxSequenceTokens = 160 };

    [Theory]
    [InlineData(KvCacheType.F16)]
    [InlineData(KvCacheType.F32)]
    [InlineData(KvCacheType.Q8_0)]
    public async Task Import_OfRowsThatAreNotNumbers_IsRefused(KvCacheType type)
    {
        await using var engine = await LoadAsync(TestModels.Demo, Settings with { KvType = type });
        var token = await PrefillAsync(engine, 0, 40);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)]);
        foreach (var inV in new[] { false, true })
        {
            var blocks = await engine.ExportKvAsync(0, 0, 40, CancellationToken.None);
            var rowBytes = blocks[6].Header.KRowBytes;
            blocks[6].Bytes.Slice(((inV ? 40 : 0) + 39) * rowBytes, rowBytes).Span.Fill(0xFF);
            var error = await Assert.ThrowsAsync<EngineException>(() => engine.ImportKvAsync(1, 40, blocks, CancellationToken.None));
            Assert.Contains("layer 6 from position 0 on has rows that are not numbers", error.Message);
            Assert.Equal(new StageEngineUsage(2, 40), engine.Usage);
        }
        await engine.ImportKvAsync(1, 40, await engine.ExportKvAsync(0, 0, 40, CancellationToken.None), CancellationToken.None);
        Assert.Equal(await DecodeAsync(engine, 0, 40, token, 3), await DecodeAsync(engine, 1, 40, token, 3));
    }

    [Theory]
    [InlineData(TestModels.Demo)]
    [InlineData(Windowed)]
    public async Task Export_WhereEverySlotIsOpen_CopiesHardlyMoreThanThePositionsAskedFor(string modelId)
    {
        await using var engine = await LoadAsync(modelId, Settings with { MaxSequences = 2 });
        await PrefillAsync(engine, 0, 100);
        await PrefillAsync(engine, 1, 100);
        Assert.Equal(2, engine.Usage.OpenSequences);
        for (var start = 0; start < 100; start += 20)
        {
            var before = engine.StateBytesRead;
            var blocks = await engine.ExportKvAsync(0, start, start + 20, CancellationToken.None);
            Assert.InRange((double)(engine.StateBytesRead - before) / blocks.Sum(block => block.Bytes.Length), 0.5, 1.1);
        }
    }

    [Fact]
    public async Task Export_FromAnEngineWithTheMostSlotsThereCanBe_GivesTheRowsOfAnyOther()
    {
        await using var large = await LoadAsync(TestModels.Demo, Settings with { MaxSequences = 255 });
        await RunAsync(large, [.. Enumerable.Range(0, 254).Select(slot => SequenceCommand.Open(slot, SamplingOptions.Greedy))]);
        await PrefillAsync(large, 254, 40);
        Assert.Equal(new StageEngineUsage(255, 40), large.Usage);
        await using var small = await LoadAsync(TestModels.Demo, Settings);
        await PrefillAsync(small, 0, 40);
        var expected = await small.ExportKvAsync(0, 0, 40, CancellationToken.None);
        var actual = await large.ExportKvAsync(254, 0, 40, CancellationToken.None);
        for (var layer = 0; layer < 8; layer++)
            Assert.True(expected[layer].Bytes.Span.SequenceEqual(actual[layer].Bytes.Span), $"Layer {layer} has other rows.");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    public async Task Export_OfCellsThatLieInAnotherOrderThanThePositions_GivesTheRowsOfThePositions(int maxSequences)
    {
        await using var engine = await LoadAsync(TestModels.Demo, Settings with { MaxSequences = maxSequences });
        await PrefillAsync(engine, 0, 100);
        await PrefillAsync(engine, 1, 100);
        // Goes on in the cells that a closed slot leaves, in front of its first ones.
        await PrefillAsync(engine, 2, 40);
        await RunAsync(engine, [SequenceCommand.Close(0)]);
        await PrefillAsync(engine, 2, 60, from: 40);
        if (maxSequences == 3)
            await RunAsync(engine, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        await using var tidy = await LoadAsync(TestModels.Demo, Settings);
        await PrefillAsync(tidy, 0, 40);
        await PrefillAsync(tidy, 0, 60, from: 40);
        var expected = await tidy.ExportKvAsync(0, 0, 100, CancellationToken.None);
        var actual = await engine.ExportKvAsync(2, 0, 100, CancellationToken.None);
        // In the first layer, K is a function of token and position alone.
        for (var position = 0; position < 100; position++)
            Assert.True(KOf(expected[0], position).SequenceEqual(KOf(actual[0], position)), $"Position {position} has another row.");
    }

    [Fact]
    public async Task Import_FromAnEngineWithFlashAttentionIntoOneWithout_TakesTheRowsAsTheyAre()
    {
        await using var source = await LoadAsync(TestModels.Demo, Settings);
        await using var target = await LoadAsync(TestModels.Demo, Settings with { FlashAttention = false });
        await PrefillAsync(source, 0, 40);
        await RunAsync(target, [SequenceCommand.Open(3, SamplingOptions.Greedy)]);
        var expected = await source.ExportKvAsync(0, 0, 40, CancellationToken.None);
        await target.ImportKvAsync(3, 40, await source.ExportKvAsync(0, 0, 40, CancellationToken.None), CancellationToken.None);
        var actual = await target.ExportKvAsync(3, 0, 40, CancellationToken.None);
        for (var layer = 0; layer < 8; layer++)
            Assert.True(expected[layer].Bytes.Span.SequenceEqual(actual[layer].Bytes.Span), $"Layer {layer} has other rows.");
    }

    [Fact]
    public async Task Import_OfRowsThatHadLeftTheWindowButAreNeeded_IsRefused()
    {
        await using var source = await LoadAsync(Windowed, Settings);
        await using var target = await LoadAsync(Windowed, Settings);
        await PrefillAsync(source, 0, 40);
        await RunAsync(target, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        // Position 30 needs the 16 positions before it; position 40 no longer needs the first of these.
        var whole = await source.ExportKvAsync(0, 0, 40, CancellationToken.None);
        var blocks = whole.Select(block => FirstRows(block, 30)).ToArray();
        var error = await Assert.ThrowsAsync<EngineException>(() => target.ImportKvAsync(0, 30, blocks, CancellationToken.None));
        Assert.Contains("left the layer's sliding window", error.Message);
        Assert.Equal(new StageEngineUsage(1, 0), target.Usage);
    }

    [Fact]
    public async Task Truncate_OfAnImportedSequenceBehindItsWindow_RefusesRowsUntilTheSlotIsEmpty()
    {
        await using var source = await LoadAsync(Windowed, Settings);
        await using var target = await LoadAsync(Windowed, Settings);
        var token = await PrefillAsync(source, 0, 40);
        await RunAsync(target, [SequenceCommand.Open(0, SamplingOptions.Greedy)]);
        await target.ImportKvAsync(0, 40, await source.ExportKvAsync(0, 0, 40, CancellationToken.None), CancellationToken.None);
        var expected = await DecodeAsync(target, 0, 40, token, 3);
        await RunAsync(target, [SequenceCommand.Truncate(0, 40)]);
        Assert.Equal(expected, await DecodeAsync(target, 0, 40, token, 3));
        await RunAsync(target, [SequenceCommand.Truncate(0, 38)]);
        var error = await Assert.ThrowsAsync<EngineException>(() => DecodeAsync(target, 0, 38, token, 1));
        Assert.Contains("sliding windows", error.Message);
        await RunAsync(target, [SequenceCommand.Truncate(0, 0)]);
        Assert.Equal(token, await PrefillAsync(target, 0, 40));
    }

    [Fact]
    public async Task Copy_OfAPartOfASequenceWithWindows_IsRefusedAndOfAllOfItIsNot()
    {
        await using var engine = await LoadAsync(Windowed, Settings);
        var token = await PrefillAsync(engine, 0, 40);
        var open = SequenceCommand.Open(1, SamplingOptions.Greedy);
        var error = await Assert.ThrowsAsync<EngineException>(() => RunAsync(engine, [open, SequenceCommand.Copy(1, 0, 39)]));
        Assert.Contains("sliding window", error.Message);
        await RunAsync(engine, [open, SequenceCommand.Copy(1, 0, 40)]);
        Assert.Equal(await DecodeAsync(engine, 0, 40, token, 4), await DecodeAsync(engine, 1, 40, token, 4));
    }

    [Fact]
    public async Task Copy_OfAPartOfASequenceThatFitsItsWindow_IsNotRefused()
    {
        await using var engine = await LoadAsync(Windowed, Settings with { MaxSequenceTokens = 15 });
        await PrefillAsync(engine, 0, 8);
        var token = await PrefillAsync(engine, 0, 4, from: 8);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy), SequenceCommand.Copy(1, 0, 8)]);
        Assert.Equal(token, await PrefillAsync(engine, 1, 4, from: 8));
    }

    private static KvBlock FirstRows(KvBlock block, int rows)
    {
        using (block)
        {
            var header = block.Header;
            var first = KvBlock.Rent(header with { Rows = rows });
            var bytes = rows * header.KRowBytes;
            block.Bytes.Span[..bytes].CopyTo(first.Bytes.Span);
            block.Bytes.Span.Slice(header.Rows * header.KRowBytes, bytes).CopyTo(first.Bytes.Span[bytes..]);
            return first;
        }
    }

    private static ReadOnlySpan<byte> KOf(KvBlock block, int position) =>
        block.Bytes.Span.Slice(position * block.Header.KRowBytes, block.Header.KRowBytes);

    private Task<LlamaStageEngine> LoadAsync(string modelId, EngineSettings settings) =>
        models.Factory.LoadAsync(KvContractSpec.Of(modelId, 0, 8, settings), CancellationToken.None);

    /// <summary>Reads a prompt in one chunk; opens the slot where it is the first.</summary>
    private static async Task<int> PrefillAsync(IStageEngine engine, int sequence, int tokens, int from = 0)
    {
        StepRow[] rows =
        [
            .. Enumerable.Range(from, tokens).Select(
                position => new StepRow(261 + position * 37 % 1700, position, sequence, position == from + tokens - 1)),
        ];
        var result = await RunAsync(engine, from > 0 ? [] : [SequenceCommand.Open(sequence, SamplingOptions.Greedy)], rows);
        return Assert.Single(result.SampledTokens);
    }

    private static async Task<int[]> DecodeAsync(IStageEngine engine, int sequence, int position, int token, int count)
    {
        var tokens = new int[count];
        for (var index = 0; index < count; index++)
            tokens[index] = token = Assert.Single((await RunAsync(engine, [], new StepRow(token, position + index, sequence, true))).SampledTokens);
        return tokens;
    }

    private static Task<StageResult> RunAsync(IStageEngine engine, SequenceCommand[] commands, params StepRow[] rows) =>
        engine.ExecuteAsync(new StageStep { StepNumber = 0, Commands = [.. commands], Rows = [.. rows] }, CancellationToken.None);
}
