using E2LLM.Core.Requests;

namespace E2LLM.Core.Tests.Requests;

public sealed class CallerIdsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("alice@example.org")]
    [InlineData("Zoë 🦊")]
    public void IsValid_PrintableText_IsFine(string callerId) => Assert.True(CallerIds.IsValid(callerId));

    [Theory]
    [InlineData(null)]
    [InlineData("two\nlines")]
    [InlineData("bell\a")]
    [InlineData("right\u202Eto left")]
    [InlineData("half \ud83e")]
    [InlineData("lines\u2028apart")]
    public void IsValid_WhatCannotBePrintedOrTurnsTextAround_IsNot(string? callerId) => Assert.False(CallerIds.IsValid(callerId));

    [Fact]
    public void IsValid_UpTo128Characters()
    {
        Assert.True(CallerIds.IsValid(new string('a', 128)));
        Assert.False(CallerIds.IsValid(new string('a', 129)));
    }
}
