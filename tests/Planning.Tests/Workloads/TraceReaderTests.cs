using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;

namespace E2LLM.Planning.Tests.Workloads;

public class TraceReaderTests
{
    [Fact]
    public void Parse_Trace_GivesMeansAndSpreads()
    {
        var workload = TraceReader.Parse(
            ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:15:50.5,300,10", "2023-11-16 18:15:46.5,100,10", "", "2023-11-16 18:15:48.5,200,10"], "t", "test");
        Assert.Equal(0.5, workload.RequestsPerSecond, 9);
        Assert.Equal(200, workload.MeanInputTokens);
        Assert.Equal(1 / 6.0, workload.InputTokensScv, 9);
        Assert.Equal((0.0, 0.0, 3), (workload.OutputTokensScv, workload.ArrivalScv, workload.HorizonRequests));
    }

    [Theory]
    [InlineData("0 requests")]
    [InlineData("line 1 is 'a,b'", "a,b")]
    [InlineData("0 requests", "TIMESTAMP,ContextTokens,GeneratedTokens")]
    [InlineData("1 requests", "TIMESTAMP,ContextTokens,GeneratedTokens", "1,2,3")]
    [InlineData("line 2 is 'x,2,3'", "TIMESTAMP,ContextTokens,GeneratedTokens", "x,2,3")]
    [InlineData("line 2 is '1,-2,3'", "TIMESTAMP,ContextTokens,GeneratedTokens", "1,-2,3")]
    [InlineData("line 2 is '1,2'", "TIMESTAMP,ContextTokens,GeneratedTokens", "1,2")]
    [InlineData("line 2 is 'NaN,2,3'", "TIMESTAMP,ContextTokens,GeneratedTokens", "NaN,2,3")]
    [InlineData("TIMESTAMP is the same", "TIMESTAMP,ContextTokens,GeneratedTokens", "1,2,3", "1,2,3")]
    public void Parse_Faulty_NamesTheLine(string message, params string[] lines) =>
        Assert.Contains(message, Assert.Throws<ConfigurationException>(() => TraceReader.Parse(lines, "t", "test")).Message);

    [Fact]
    public void Read_MissingFile_NamesIt() =>
        Assert.Contains("nowhere.csv", Assert.Throws<ConfigurationException>(() => TraceReader.Read("nowhere.csv")).Message);
}
