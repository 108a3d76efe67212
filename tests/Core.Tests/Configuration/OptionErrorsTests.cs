using E2LLM.Core.Configuration;
using E2LLM.Core.Errors;

namespace E2LLM.Core.Tests.Configuration;

public sealed class OptionErrorsTests
{
    [Fact]
    public void CheckRanges_Defaults_AreValid() => Assert.Empty(new OptionErrors("S").CheckRanges(new Sample()).Lines);

    [Fact]
    public void CheckRanges_EveryValueWrong_NamesEachWithItsKeyItsValueAndWhatIsValid()
    {
        var wrong = new Sample
        {
            Count = 0,
            Seconds = double.NaN,
            Bytes = (1L << 40) + 1,
            Automatic = -1,
            Borrowed = 12,
            Kind = (SampleKind)7,
            Name = new string('x', 9),
        };

        Assert.Equal(
            [
                "S:Count is 0; it must be 1 to 1,000 things.",
                "S:Seconds is NaN; it must be 0.05 to 2.5.",
                "S:Bytes is 1099511627777; it must be 1 to 1,099,511,627,776.",
                "S:Automatic is -1; it must be 1 to 64, or 0: one a stage.",
                "S:Borrowed is 12; it must be 2 to 10 pieces, or 0: all.",
                "S:Kind is 7; it must be one of: One, Two.",
                "S:Name is 'xxxxxxxxx'; it must be 1 to 8 characters.",
            ],
            new OptionErrors("S").CheckRanges(wrong).Lines);
    }

    [Theory]
    [InlineData(1, 0.05)]
    [InlineData(1000, 2.5)]
    public void CheckRanges_EndsOfTheRange_AreValid(int count, double seconds) =>
        Assert.Empty(new OptionErrors("S").CheckRanges(new Sample { Count = count, Seconds = seconds, Automatic = 0, Borrowed = 0 }).Lines);

    [Fact]
    public void CheckName_UnknownName_ListsThoseThereAre()
    {
        var errors = new OptionErrors("S");

        errors.CheckName("Policy", "b", ["a", "b"]);
        errors.CheckName("Policy", "B", ["a", "b"]);

        Assert.Equal(["S:Policy is 'B'; it must be one of: a, b."], errors.Lines);
    }

    [Fact]
    public void ThrowIfAny_SeveralErrors_HasALineForEach()
    {
        var errors = new OptionErrors("").CheckRanges(new Sample { Count = 0, Automatic = 65 });

        var thrown = Assert.Throws<ConfigurationException>(errors.ThrowIfAny);

        Assert.Equal(
            ["Count is 0; it must be 1 to 1,000 things.", "Automatic is 65; it must be 1 to 64, or 0: one a stage."],
            thrown.Message.Split(Environment.NewLine));
    }

    [Fact]
    public void Of_Options_SaysDefaultAndRangeOfEach()
    {
        var facts = OptionFact.Of(typeof(Sample), "S");

        Assert.Equal(
            [
                ("S:Count", "5", "1 to 1,000 things"), ("S:Seconds", "0.5", "0.05 to 2.5"), ("S:Bytes", "67,108,864", "1 to 1,099,511,627,776"),
                ("S:Automatic", "0", "1 to 64, or 0: one a stage"), ("S:Borrowed", "3", "2 to 10 pieces, or 0: all"),
                ("S:Kind", "Two", "one of: One, Two"), ("S:Name", "the machine's", "1 to 8 characters"), ("S:IsOn", "true", "true or false"),
                ("S:Free", "7", "a whole number"),
            ],
            facts.Select(fact => (fact.Key, fact.Default, fact.Valid)));
        Assert.Equal(["Free"], facts.Where(fact => !fact.HasRange).Select(fact => fact.Name));
    }

    [Theory]
    [InlineData("Count", "12", null)]
    [InlineData("Seconds", "1e-1", null)]
    [InlineData("Kind", "one", null)]
    [InlineData("IsOn", "FALSE", null)]
    [InlineData("Name", "", null)]
    [InlineData("Count", "twelve", "S:Count is 'twelve'; it must be 1 to 1,000 things.")]
    [InlineData("Count", "99999999999", "S:Count is '99999999999'; it must be 1 to 1,000 things.")]
    [InlineData("Free", "1.5", "S:Free is '1.5'; it must be a whole number.")]
    [InlineData("Kind", "Three", "S:Kind is 'Three'; it must be one of: One, Two.")]
    [InlineData("IsOn", "yes", "S:IsOn is 'yes'; it must be true or false.")]
    public void TrySet_Text_IsTakenOrItsFaultTold(string option, string text, string? fault) =>
        Assert.Equal(fault, OptionFact.Of(typeof(Sample), "S").Single(fact => fact.Name == option).TrySet(new Sample(), text));

    private enum SampleKind
    {
        One,
        Two,
    }

    private sealed record Sample
    {
        [OptionRange(1, 1000, Unit = "things")]
        public int Count { get; init; } = 5;

        [OptionRange(0.05, 2.5)]
        public double Seconds { get; init; } = 0.5;

        [OptionRange(1, 1L << 40)]
        public long Bytes { get; init; } = 64 << 20;

        [OptionRange(1, 64, Zero = "one a stage")]
        public int Automatic { get; set; }

        [OptionRange(typeof(Lender), Zero = "all")]
        public int Borrowed { get; init; } = 3;

        public SampleKind Kind { get; init; } = SampleKind.Two;

        [OptionText(Default = "the machine's", MaxCharacters = 8)]
        public string Name { get; init; } = "m";

        public bool IsOn { get; init; } = true;

        public int Free { get; init; } = 7;

        public Func<int>? NoOption { get; init; }

        public int Computed => Count + 1;
    }

    private sealed record Lender
    {
        [OptionRange(2, 10, Unit = "pieces")]
        public int Borrowed { get; init; } = 2;
    }
}
