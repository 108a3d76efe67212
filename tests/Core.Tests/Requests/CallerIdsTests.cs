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
    [InlineData("lines\u2028apart")]
    public void IsValid_WhatCannotBePrintedOrTurnsTextAround_IsNot(string? callerId) => Assert.False(CallerIds.IsValid(callerId));

    // Not among the cases above: an attribute cannot hold half a character.
    [Fact]
    public void IsValid_HalfACharacter_IsNot() => Assert.False(CallerIds.IsValid("half \ud83e"));

    [Fact]
    public void IsValid_UpTo128Characters()
    {
        Assert.True(CallerIds.IsValid(new string('a', 128)));
        Assert.False(CallerIds.IsValid(new string('a', 129)));
    }
}
