using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Workloads;

public class TraceReaderTests
{
    private const string Header = "TIMESTAMP,ContextTokens,GeneratedTokens";

    [Fact]
    public void Parse_TraceOfTheAzureForm_CountsFromItsFirstRequest() => Assert.Equal(
        [new TraceRequest(0, 374, 44), new TraceRequest(4.25, 396, 109)],
        Parse(Header, "2023-11-16 18:15:46.5000000,374,44", "2023-11-16 18:15:50.7500000,396,109"));

    [Fact]
    public void Parse_TimesWithAnOffset_AreRead() => Assert.Equal(
        0.5, Parse(Header, "2024-05-10 00:00:00.000000+00:00,1,2", "2024-05-10 02:00:00.500000+02:00,3,4")[1].AtSeconds);

    [Fact]
    public void Parse_SecondsSinceAnyStart_AreRead() => Assert.Equal(1.5, Parse(Header, "100.5,1,2", "102,3,4")[1].AtSeconds);

    [Fact]
    public void Parse_OtherColumnsOrderCaseAndBlankLines_AreAllowed() =>
        Assert.Equal([new TraceRequest(0, 2, 3)], Parse("", "\uFEFFgeneratedtokens,x,contexttokens,timestamp", "3,?,2,1", "  "));

    [Fact]
    public void Parse_FewerWanted_ReadsNoFurther() => Assert.Single(TraceReader.Parse([Header, "1,1,1", "nonsense"], "test", 1));

    [Theory]
    [InlineData("no request in 0 lines")]
    [InlineData("line 1 is 'a,b'", "a,b")]
    [InlineData("no request in 1 lines", Header)]
    [InlineData("line 2 is 'x,2,3'", Header, "x,2,3")]
    [InlineData("line 2 is '1,-2,3'", Header, "1,-2,3")]
    [InlineData("line 2 is '1,2'", Header, "1,2")]
    [InlineData("line 2 is 'NaN,2,3'", Header, "NaN,2,3")]
    [InlineData("line 3 is '2,0,3'", Header, "1,2,3", "2,0,3")]
    [InlineData("line 3 is '2,10000001,3'", Header, "1,2,3", "2,10000001,3")]
    [InlineData("line 3 is '1,2,3', must not be earlier", Header, "2,2,3", "1,2,3")]
    public void Parse_Faulty_NamesTheLine(string message, params string[] lines) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => Parse(lines)).Message);

    [Fact]
    public void Read_MissingFile_NamesIt() =>
        Assert.Contains("nowhere.csv", Assert.Throws<ConfigurationException>(() => TraceReader.Read("nowhere.csv", 1)).Message);

    private static IReadOnlyList<TraceRequest> Parse(params string[] lines) => TraceReader.Parse(lines, "test", int.MaxValue);
}
