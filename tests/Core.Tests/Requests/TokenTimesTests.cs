using System.Collections.Immutable;
using E2LLM.Core.Requests;

namespace E2LLM.Core.Tests.Requests;

public sealed class TokenTimesTests
{
    [Fact]
    public void Unpack_WhatWasAppended_IsItToATenthOfAMillisecond()
    {
        double[] seconds = [0, 0.00005, 0.3, 0.3001, 0.31279, 1.9, 1.9128, 200, 90_000.5, 90_000.5];

        var unpacked = TokenTimes.Unpack(Pack(seconds));

        Assert.Equal([0, 0, 0.3, 0.3001, 0.3127, 1.9, 1.9128, 200, 90_000.5, 90_000.5], unpacked.AsEnumerable());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.0127, 1)]
    [InlineData(0.0128, 2)]
    [InlineData(1.6383, 2)]
    [InlineData(1.6384, 3)]
    [InlineData(209, 3)]
    [InlineData(1e9, 5)]
    public void Pack_Gap_TakesNoMoreBytesThanItNeeds(double gapSeconds, int bytes) =>
        Assert.Equal(1 + bytes, Pack([0, gapSeconds]).Length);

    [Fact]
    public void Append_TokensThatCameTogether_HaveOneTime()
    {
        var times = new TokenTimes();
        times.Append(0.5, 3);
        times.Append(0.75, 0);
        times.Append(1, 1);

        Assert.Equal([0.5, 0.5, 0.5, 1], TokenTimes.Unpack(times.Pack()).AsEnumerable());
    }

    [Fact]
    public void Append_TimeBeforeTheLast_StaysInOrder() =>
        Assert.Equal([2, 2, 3], TokenTimes.Unpack(Pack([2, 1, 3])).AsEnumerable());

    [Fact]
    public void Append_MoreThanTheBound_KeepsTheFirst()
    {
        var times = new TokenTimes();
        for (var token = 0; token < TokenTimes.MaxBytes; token++)
            times.Append(token, 1);

        var packed = times.Pack();

        Assert.InRange(packed.Length, TokenTimes.MaxBytes - 5, TokenTimes.MaxBytes);
        var unpacked = TokenTimes.Unpack(packed);
        Assert.Equal(Enumerable.Range(0, unpacked.Length).Select(token => (double)token), unpacked);
    }

    [Fact]
    public void Unpack_NothingOrACutNumber_GivesWhatIsWhole()
    {
        Assert.Empty(TokenTimes.Unpack(default));
        Assert.Empty(TokenTimes.Unpack([]));
        Assert.Equal([0.0005], TokenTimes.Unpack([5, 0x81]).AsEnumerable());
    }

    private static ImmutableArray<byte> Pack(double[] seconds)
    {
        var times = new TokenTimes();
        foreach (var moment in seconds)
            times.Append(moment, 1);
        return times.Pack();
    }
}
