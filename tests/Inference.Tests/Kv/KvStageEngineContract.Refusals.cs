using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Kv;
using E2LLM.Core.Requests;

namespace E2LLM.Inference.Tests.Kv;

public abstract partial class KvStageEngineContract
{
    public static TheoryData<string, string> BadImports => new()
    {
        { "gap", "position 4 of layer 3 is missing" }, { "no end", "position 9 of layer 7 is missing" }, { "no layer", "position 0 of layer 5 is missing" },
        { "overlap", "position 4 of layer 3 is there twice" }, { "twice", "position 0 of layer 0 is there twice" },
        { "K row size", "KvType" }, { "V row size", "KvType" }, { "foreign layer", "layer 8" }, { "too long", "there are only 10" },
        { "far position", "there are only 10" }, { "no blocks", "position 0 of layer 0 is missing" },
        { "disposed", "disposed" },
        { "no positions", "MaxSequenceTokens" }, { "too many positions", "48 (MaxSequenceTokens)" },
        { "closed slot", "slot 3 is not open" }, { "slot 4", "MaxSequences is 4" }, { "slot -1", "MaxSequences is 4" }, { "slot in use", "holds 10 positions already" },
    };

    [Theory]
    [MemberData(nameof(BadImports))]
    public async Task Import_OfWhatDoesNotFit_LeavesTheSlotOpenAndEmptyAndEverythingElseUntouched(string mistake, string reason)
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        var token = await PrefillAsync(engine, 0, Prompt);
        await RunAsync(engine, [SequenceCommand.Open(1, SamplingOptions.Greedy)]);
        var good = await ExportAsync(engine, 0, Prompt.Length);
        var (slot, positions, blocks) = Mistake(mistake, await ExportAsync(engine, 0, Prompt.Length));

        var error = await Assert.ThrowsAsync<EngineException>(() => engine.ImportKvAsync(slot, positions, blocks, CancellationToken.None));

        Assert.Contains(reason, error.Message);
        AssertDisposed(blocks);
        Assert.Equal(new StageEngineUsage(2, Prompt.Length), engine.Usage);
        await engine.ImportKvAsync(1, Prompt.Length, good, CancellationToken.None);
        Assert.Equal(await DecodeAsync(engine, 0, Prompt.Length, token, 3), await DecodeAsync(engine, 1, Prompt.Length, token, 3));
    }

    [Fact]
    public async Task Import_WithoutFreeCells_IsRefusedUntilThereAreSome()
    {
        await using var engine = await CreateAsync(0, 8, Settings with { KvCells = 25 });
        var token = await PrefillAsync(engine, 0, Prompt);
        await PrefillAsync(engine, 1, Prompt[..6]);
        await RunAsync(engine, [SequenceCommand.Open(2, SamplingOptions.Greedy)]);
        var blocks = await ExportAsync(engine, 0, Prompt.Length);
        var error = await Assert.ThrowsAsync<EngineException>(() => engine.ImportKvAsync(2, Prompt.Length, blocks, CancellationToken.None));
        Assert.Contains("16 of 25 (KvCells)", error.Message);
        await RunAsync(engine, [SequenceCommand.Close(1)]);
        await engine.ImportKvAsync(2, Prompt.Length, await ExportAsync(engine, 0, Prompt.Length), CancellationToken.None);
        Assert.Equal(await DecodeAsync(engine, 0, Prompt.Length, token, 2), await DecodeAsync(engine, 2, Prompt.Length, token, 2));
    }

    [Theory]
    [InlineData(3, 0, 1, "slot 3 is not open")]
    [InlineData(4, 0, 1, "MaxSequences is 4")]
    [InlineData(-1, 0, 1, "MaxSequences is 4")]
    [InlineData(0, 0, 11, "holds 10")]
    [InlineData(0, 3, 3, "holds 10")]
    [InlineData(0, 4, 3, "holds 10")]
    [InlineData(0, -1, 3, "holds 10")]
    [InlineData(0, int.MinValue, int.MaxValue, "holds 10")]
    public async Task Export_OfWhatIsNotThere_IsRefused(int sequence, int fromPosition, int toPosition, string reason)
    {
        await using var engine = await CreateAsync(0, 8, Settings);
        await PrefillAsync(engine, 0, Prompt);
        var error = await Assert.ThrowsAsync<EngineException>(() => engine.ExportKvAsync(sequence, fromPosition, toPosition, CancellationToken.None));
        Assert.Contains(reason, error.Message);
    }

    private static (int Slot, int Positions, IReadOnlyList<KvBlock> Blocks) Mistake(string mistake, IReadOnlyList<KvBlock> blocks)
    {
        var layer3 = blocks[3].Header;
        KvBlock[] others = [.. blocks.Where(block => block.Header.Layer != 3)];
        return mistake switch
        {
            "gap" => (1, 10, [.. others, Block(layer3 with { Rows = 4 }), Block(layer3 with { FirstPosition = 5, Rows = 5 })]),
            "no end" => (1, 10, [.. blocks.SkipLast(1), Block(blocks[7].Header with { Rows = 9 })]),
            "no layer" => (1, 10, [.. blocks.Where(block => block.Header.Layer != 5)]),
            "overlap" => (1, 10, [Block(layer3 with { FirstPosition = 4, Rows = 6 }), Block(layer3 with { Rows = 5 }), .. others]),
            "twice" => (1, 10, [.. blocks, Block(blocks[0].Header)]),
            "K row size" => (1, 10, [.. others, Block(layer3 with { KRowBytes = layer3.KRowBytes * 2 })]),
            "V row size" => (1, 10, [.. others, Block(layer3 with { VRowBytes = layer3.VRowBytes / 2 })]),
            "foreign layer" => (1, 10, [.. blocks, Block(layer3 with { Layer = 8 })]),
            "too long" => (1, 10, [.. others, Block(layer3 with { Rows = 11 })]),
            "far position" => (1, 10, [.. others, Block(layer3 with { FirstPosition = int.MaxValue })]),
            "no blocks" => (1, 10, []),
            "disposed" => (1, 10, Disposed(blocks)),
            "no positions" => (1, 0, []),
            "too many positions" => (1, 49, blocks),
            "closed slot" => (3, 10, blocks),
            "slot 4" => (4, 10, blocks),
            "slot -1" => (-1, 10, blocks),
            "slot in use" => (0, 10, blocks),
            _ => throw new ArgumentOutOfRangeException(nameof(mistake)),
        };
    }

    private static IReadOnlyList<KvBlock> Disposed(IReadOnlyList<KvBlock> blocks)
    {
        blocks[4].Dispose();
        return blocks;
    }

    private static KvBlock Block(KvBlockHeader header)
    {
        var block = KvBlock.Rent(header);
        block.Bytes.Span.Clear();
        return block;
    }
}
