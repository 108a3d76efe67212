using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Tests.Kv;

/// <summary>States are made and read in managed code alone; llama.cpp never sees one of these.</summary>
public sealed class KvStateTests
{
    private static readonly KvLayout Plain = new()
    {
        FirstLayer = 3, LayerCount = 2, Type = KvCacheType.F16, RowElements = 4, IsVTransposed = false, Groups = [new KvLayerGroup([0, 1], 0)],
    };

    private static readonly KvLayout Windows = Plain with
    {
        LayerCount = 3, Groups = [new KvLayerGroup([1], 0), new KvLayerGroup([0, 2], 4)],
    };

    private static readonly KvLayout NoGlobalLayer = Windows with { LayerCount = 2, Groups = [new KvLayerGroup([], 0), new KvLayerGroup([0, 1], 4)] };

    public static TheoryData<string> Layouts => ["plain", "transposed", "F32 transposed", "Q8_0", "windows", "no global layer"];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Parse_OfAWrittenState_GivesTheRowsBack(string name)
    {
        var layout = Layout(name);
        var state = KvState.Parse(StateBlob.Write(layout, 2, 7), layout, 2, 0, 7);
        foreach (var group in layout.Groups)
            foreach (var layer in group.Layers)
                for (var from = 0; from < 7; from++)
                    for (var to = from + 1; to <= 7; to++)
                    {
                        using var block = StateBlob.Rent(layout, layer, from, to - from);
                        state.CopyTo(block);
                        for (var position = from; position < to; position++)
                            Assert.Equal(
                                position < group.FirstNeeded(7) ? StateBlob.MissingRow(layout) : StateBlob.Row(layout, layer, position),
                                StateBlob.RowOf(block, position));
                    }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Parse_OfCellsInAnyOrder_GivesTheRowsOfThePositions(string name)
    {
        var layout = Layout(name);
        int[][] orders = [[3, 4, 5, 6, 0, 1, 2], [6, 5, 4, 3, 2, 1, 0], [0, 2, 4, 6, 1, 3, 5]];
        foreach (var order in orders)
        {
            var state = KvState.Parse(StateBlob.Make(layout, 2, group => [.. order.Where(position => position >= group.FirstNeeded(7))]), layout, 2, 0, 7);
            foreach (var layer in layout.Groups.SelectMany(group => group.Layers))
            {
                using var block = StateBlob.Rent(layout, layer, 4, 3);
                state.CopyTo(block);
                for (var position = 4; position < 7; position++)
                    Assert.Equal(StateBlob.Row(layout, layer, position), StateBlob.RowOf(block, position));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Write_GivesTheBytesThatLlamaWrites(string name)
    {
        var layout = Layout(name);
        Assert.Equal(
            StateBlob.Make(layout, 2, group => [.. Enumerable.Range(0, 7).Where(position => position >= group.FirstNeeded(7))]), StateBlob.Write(layout, 2, 7));
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Parse_OfMutatedStates_RefusesThemOrReadsWithinThem(string name)
    {
        var layout = Layout(name);
        var random = new Random(3);
        var good = StateBlob.Write(layout, 2, 7);
        var refused = 0;
        for (var attempt = 0; attempt < 5_000; attempt++)
        {
            var bytes = good.ToArray();
            for (var mutations = random.Next(1, 4); mutations > 0; mutations--)
                Mutate(ref bytes, random);
            try
            {
                var state = KvState.Parse(bytes, layout, 2, 0, 7);
                foreach (var layer in Enumerable.Range(0, layout.LayerCount))
                {
                    using var block = StateBlob.Rent(layout, layer, 0, 7);
                    state.CopyTo(block);
                }
            }
            catch (EngineException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1_000, 5_000);
    }

    [Fact]
    public void Parse_OfEveryTruncatedState_RefusesIt()
    {
        var good = StateBlob.Write(Windows, 2, 7);
        for (var length = 0; length < good.Length; length++)
            Assert.Throws<EngineException>(() => KvState.Parse(good.AsMemory(0, length), Windows, 2, 0, 7));
        Assert.Throws<EngineException>(() => KvState.Parse(new byte[good.Length + 1].Select((_, index) => index < good.Length ? good[index] : (byte)0).ToArray(), Windows, 2, 0, 7));
    }

    [Theory]
    [InlineData(0, "magic")]
    [InlineData(4, "the sequence is")]
    [InlineData(8, "streams")]
    [InlineData(12, "cells")]
    [InlineData(16, "position")]
    [InlineData(20, "sequences of a cell")]
    [InlineData(24, "sequence of a cell")]
    [InlineData(100, "transposition")]
    [InlineData(104, "layers")]
    [InlineData(108, "type of K")]
    [InlineData(112, "row size of K")]
    [InlineData(116, "row size of K")]
    public void Parse_OfAnotherValue_SaysWhichOneAndWhere(int offset, string what)
    {
        var bytes = StateBlob.Write(Plain, 2, 7);
        bytes[offset] ^= 0x80;
        var error = Assert.Throws<EngineException>(() => KvState.Parse(bytes, Plain, 2, 0, 7));
        Assert.Contains(what, error.Message);
        Assert.Contains("at byte", error.Message);
    }

    [Fact]
    public void Parse_OfACellCountBeyondAllBounds_AllocatesNothing()
    {
        var bytes = StateBlob.Write(Windows, 2, 7);
        bytes.AsSpan(12, 4).Fill(0x7F);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EngineException>(() => KvState.Parse(bytes, Windows, 2, 0, 7));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    private static KvLayout Layout(string name) => name switch
    {
        "plain" => Plain,
        "transposed" => Plain with { IsVTransposed = true },
        "F32 transposed" => Plain with { Type = KvCacheType.F32, IsVTransposed = true },
        "Q8_0" => Plain with { Type = KvCacheType.Q8_0, RowElements = 64 },
        "windows" => Windows,
        "no global layer" => NoGlobalLayer,
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    private static void Mutate(ref byte[] bytes, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                break;
            case 1:
                bytes.AsSpan(random.Next(bytes.Length / 4) * 4 % (bytes.Length - 3), 4).Fill((byte)random.Next(256));
                break;
            case 2:
                bytes = bytes[..random.Next(1, bytes.Length + 1)];
                break;
            default:
                var from = random.Next(bytes.Length);
                bytes = [.. bytes[..from], .. bytes[random.Next(bytes.Length)..]];
                if (bytes.Length < 8)
                    bytes = new byte[8];
                break;
        }
        if (bytes.Length < 8)
            Array.Resize(ref bytes, 8);
    }
}
