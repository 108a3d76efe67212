using System.Buffers.Binary;
using E2LLM.Core.Plans;
using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Tests.Kv;

public sealed class KvRowScanTests
{
    [Fact]
    public void IsFinite_OfF16_FindsABadValueAtEveryPlace()
    {
        foreach (var bad in new[] { Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity })
            for (var index = 0; index < 77; index++)
            {
                var values = new byte[77 * 2];
                for (var other = 0; other < 77; other++)
                    BinaryPrimitives.WriteHalfLittleEndian(values.AsSpan(other * 2), other % 2 == 0 ? Half.MaxValue : -Half.Epsilon);
                Assert.True(KvRowScan.IsFinite(values, KvCacheType.F16));
                BinaryPrimitives.WriteHalfLittleEndian(values.AsSpan(index * 2), bad);
                Assert.False(KvRowScan.IsFinite(values, KvCacheType.F16));
            }
    }

    [Fact]
    public void IsFinite_OfQ8_LooksAtTheScalesAlone()
    {
        for (var block = 0; block < 5; block++)
        {
            var rows = new byte[5 * 34];
            for (var other = 0; other < 5; other++)
            {
                rows.AsSpan(other * 34, 34).Fill(0xFF);
                BinaryPrimitives.WriteHalfLittleEndian(rows.AsSpan(other * 34), (Half)0.5);
            }
            Assert.True(KvRowScan.IsFinite(rows, KvCacheType.Q8_0));
            BinaryPrimitives.WriteHalfLittleEndian(rows.AsSpan(block * 34), Half.NaN);
            Assert.False(KvRowScan.IsFinite(rows, KvCacheType.Q8_0));
        }
    }

    [Fact]
    public void IsFinite_OfF32_FindsABadValue()
    {
        var rows = new byte[9 * 4];
        Assert.True(KvRowScan.IsFinite(rows, KvCacheType.F32));
        BinaryPrimitives.WriteSingleLittleEndian(rows.AsSpan(32), float.PositiveInfinity);
        Assert.False(KvRowScan.IsFinite(rows, KvCacheType.F32));
    }
}
