using E2LLM.Cli.Bench;
using E2LLM.Cli.Bench.Load;
using E2LLM.Cli.Bench.Measures;
using E2LLM.Cli.Bench.Prompts;
using E2LLM.Cli.Planning.Inputs;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Core.Errors;
using E2LLM.Planning.Workloads;

namespace E2LLM.Cli.Tests.Bench.Arrivals;

public sealed class TraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5,300,10\n2023-11-16 18:15:48.5,100,30\n")]
    [InlineData("timestamp,CONTEXTTOKENS,generatedtokens\n7,300,10\n9,100,30\n")]
    [InlineData("\uFEFFGeneratedTokens, TIMESTAMP ,ContextTokens,Note\r\n\r\n10,7.0,300,a\r\n 30 , 9.0 , 100 \r\n")]
    public async Task Trace_OneFile_IsTheSameToBenchAndPlan(string text)
    {
        var path = _folder.Write("trace.csv", text);

        var planned = WorkloadInput.Resolve(path, requestsPerSecond: null);
        var sent = await BenchAsync(path);

        Assert.Equal((0.5, 200, 20), (planned.RequestsPerSecond, planned.MeanInputTokens, planned.MeanOutputTokens));
        Assert.Equal([(0.0, "300", 10), (2.0, "100", 30)], sent.Select(request => (request.AtSeconds!.Value, request.Prompt, request.AnswerTokens)));
    }

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens\n1,2\n", "line 1")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,2,3\n2,99999999,3\n", "line 3")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2,2,3\n1,2,3\n", "line 3")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,+2,3\n", "line 2")]
    public async Task Trace_WrongFile_IsRefusedByBothWithTheSameWords(string text, string line)
    {
        var path = _folder.Write("trace.csv", text);

        var planning = Assert.Throws<ConfigurationException>(() => WorkloadInput.Resolve(path, requestsPerSecond: null));
        var sending = await Assert.ThrowsAsync<ConfigurationException>(() => BenchAsync(path));

        Assert.Contains(line, planning.Message);
        Assert.Equal(planning.Message, sending.Message);
    }

    /// <summary>The published trace has 8,819 requests in 3,436 s.</summary>
    [AzureTraceFact]
    public void Read_AzureCodeTrace_HasThePublishedFigures()
    {
        var requests = TraceReader.Read(Path.Combine(AzureTraceFactAttribute.Folder, "AzureLLMInferenceTrace_code.csv"), int.MaxValue);

        Assert.Equal(8819, requests.Count);
        Assert.Equal(3436, requests[^1].AtSeconds, 1.0);
        Assert.Equal(2048, requests.Average(request => request.PromptTokens), 1.0);
        Assert.Equal(28, requests.Average(request => request.AnswerTokens), 1.0);
    }

    private static Task<IReadOnlyList<BenchRequest>> BenchAsync(string path)
    {
        var load = new LoadSpec(LoadKind.Trace, 1);
        var settings = new BenchSettings
        {
            Url = new Uri("http://127.0.0.1:1"),
            Load = load,
            Objective = new ServiceObjective(1, 1),
            TracePath = path,
            DurationSeconds = 60,
        };
        return new RequestPlan(settings, new LengthsAsPrompts()).CreateAsync(load, 10, 0, CancellationToken.None);
    }

    private sealed class LengthsAsPrompts : IPromptSource
    {
        public string Description => "lengths";

        public Task<string> NextAsync(int tokens, Random random, CancellationToken cancellationToken) => Task.FromResult($"{tokens}");
    }
}
