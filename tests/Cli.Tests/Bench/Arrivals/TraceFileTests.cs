using E2LLM.Cli.Bench.Arrivals;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Tests.Bench.Arrivals;

public sealed class TraceFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_TraceOfTheAzureForm_CountsFromItsFirstRequest()
    {
        var path = _folder.Write("trace.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.5000000,374,44\r\n2023-11-16 18:15:50.7500000,396,109\r\n");

        Assert.Equal([new TraceRequest(0, 374, 44), new TraceRequest(4.25, 396, 109)], TraceFile.Read(path, 10));
    }

    [Fact]
    public void Read_TimesWithAnOffset_AreRead()
    {
        var path = _folder.Write("trace.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 00:00:00.000000+00:00,1,2\n2024-05-10 00:00:00.500000+00:00,3,4\n");

        Assert.Equal(0.5, TraceFile.Read(path, 10)[1].AtSeconds);
    }

    [Fact]
    public void Read_FewerWanted_ReadsNoFurther()
    {
        var path = _folder.Write("trace.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\nnonsense\n");

        Assert.Single(TraceFile.Read(path, 1));
    }

    [Theory]
    [InlineData("", "line 1")]
    [InlineData("TIMESTAMP,ContextTokens", "line 1")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens", "line 2")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,1", "line 2")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\n2023-11-16 18:15:47,0,1", "line 3")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\n2023-11-16 18:15:47,1", "line 3")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,1,1\n2023-11-16 18:15:45,1,1", "line 3")]
    public void Read_WrongFile_NamesTheLine(string text, string line)
    {
        var path = _folder.Write("wrong.csv", text);

        var error = Assert.Throws<ConfigurationException>(() => TraceFile.Read(path, 10));

        Assert.Contains(line, error.Message);
    }

    /// <summary>The published trace has 8,819 requests in 3,436 s.</summary>
    [AzureTraceFact]
    public void Read_AzureCodeTrace_HasThePublishedFigures()
    {
        var requests = TraceFile.Read(Path.Combine(AzureTraceFactAttribute.Folder, "AzureLLMInferenceTrace_code.csv"), int.MaxValue);

        Assert.Equal(8819, requests.Count);
        Assert.Equal(3436, requests[^1].AtSeconds, 1.0);
        Assert.Equal(2048, requests.Average(request => request.PromptTokens), 1.0);
        Assert.Equal(28, requests.Average(request => request.AnswerTokens), 1.0);
    }
}
