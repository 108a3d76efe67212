using E2LLM.Gguf.Format;
using E2LLM.Inference.Tests.Fixtures;
using GgmlTypeTraits = E2LLM.Gguf.Format.GgmlTypeTraits;

namespace E2LLM.Inference.Tests.Weights;

/// <summary>The scan of model files knows where each format keeps its scales; ggml's own conversion is the judge.</summary>
public sealed class WeightScanTests
{
    public static TheoryData<GgmlType> WeightTypes =>
        [.. Enum.GetValues<GgmlType>().Where(type => GgmlTypeTraits.TryGet(type, out var traits) && traits.IsWeight)];

    [Theory]
    [MemberData(nameof(WeightTypes))]
    public void IndexOfBadBlock_OfRandomBlocks_FindsThoseThatConvertToNoNumbers(GgmlType type)
    {
        var traits = GgmlTypeTraits.Of(type);
        var random = new Random(5);
        var block = new byte[traits.BlockBytes];
        var found = 0;
        for (var round = 0; round < 20_000; round++)
        {
            random.NextBytes(block);
            var isBad = Convert(type, block).Any(value => !float.IsFinite(value));
            // Whether one of the largest scales of MXFP4 makes infinities depends on the values that it scales.
            isBad |= type == GgmlType.MXFP4 && block[0] >= 253;
            Assert.Equal(isBad ? 0 : -1, WeightScan.IndexOfBadBlock(type, block));
            found += isBad ? 1 : 0;
        }
        Assert.True(found > 0 || type == GgmlType.NVFP4, "no round had a block that is no number");
    }

    [Theory]
    [MemberData(nameof(WeightTypes))]
    public void IndexOfBadBlock_WhereverItStands_GivesItsIndex(GgmlType type)
    {
        var bytes = GgmlTypeTraits.Of(type).BlockBytes;
        if (type == GgmlType.NVFP4)
            return; // has none
        for (var bad = 0; bad < 40; bad++)
        {
            var blocks = new byte[40 * bytes];
            blocks.AsSpan(bad * bytes, bytes).Fill(0xFF);
            Assert.Equal(bad, WeightScan.IndexOfBadBlock(type, blocks));
        }
        Assert.Equal(-1, WeightScan.IndexOfBadBlock(type, new byte[40 * bytes]));
    }

    private static unsafe float[] Convert(GgmlType type, byte[] block)
    {
        var values = new float[GgmlTypeTraits.Of(type).BlockElements];
        if (type == GgmlType.F32)
            return [BitConverter.ToSingle(block)];
        fixed (byte* source = block)
        fixed (float* destination = values)
            TestRuntime.Instance.ToFloat((int)type)(source, destination, values.Length);
        return values;
    }
}
