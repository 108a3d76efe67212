using System.Text.Json;
using System.Xml.Linq;
using E2LLM.Cli.Tests.Bench.Fakes;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Bench;

/// <summary>The tool as a process against a server whose every answer is known.</summary>
public sealed class ServeBenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string JsonPath => Path.Combine(_folder.Path, "out.json");

    private string SvgPath => Path.Combine(_folder.Path, "out.svg");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bench_AnswersOfEveryKind_CountsEachByItsKind()
    {
        await using var server = await FakeServer.StartAsync(queueSeconds: 0.25, answer: (http, number) => (number % 5) switch
        {
            0 => FakeAnswers.WholeAsync(http, number),
            1 => FakeAnswers.BusyAsync(http),
            2 => FakeAnswers.ErrorInStreamAsync(http, number),
            3 => FakeAnswers.BreakAsync(http, number),
            _ => FakeAnswers.DribbledAsync(http, number),
        });

        var load = await RunAsync(server, "--concurrency", "3", "--requests", "20", "--warmup", "0", "--prompt-tokens", "30", "--answer-tokens", "9");

        Assert.Equal((20, 8), (load.GetProperty("sent").GetInt32(), load.GetProperty("succeeded").GetInt32()));
        Assert.Equal(
            new Dictionary<string, int> { ["broken stream"] = 4, ["error in stream"] = 4, ["status 429"] = 4 },
            load.GetProperty("faults").Deserialize<Dictionary<string, int>>());
        Assert.Equal(8, CountOf(load, "ttftSeconds"));
        Assert.Equal(8, CountOf(load, "tpotSeconds"));
        Assert.Equal(8, CountOf(load, "itlSeconds"));
        Assert.Equal(0.25, load.GetProperty("queueSeconds").GetProperty("mean").GetDouble(), 1e-9);
        Assert.Equal(3, load.GetProperty("answerTokens").GetProperty("mean").GetDouble());
        Assert.All(server.Bodies, body =>
        {
            Assert.InRange(FakeServer.PromptTokens(body.GetProperty("messages")[0].GetProperty("content").GetString()!), 28, 32);
            Assert.Equal(9, body.GetProperty("max_tokens").GetInt32());
            Assert.True(body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
        });
        var busy = load.GetProperty("requests").EnumerateArray().Select(request => request.GetProperty("fault"))
            .First(fault => fault.ValueKind == JsonValueKind.Object && fault.GetProperty("kind").GetString() == "status 429");
        Assert.Equal("The queue is full.", busy.GetProperty("message").GetString());
        XDocument.Load(SvgPath);
    }

    /// <summary>The server answers nobody until all have asked: whoever waits for an answer before the next request never gets one.</summary>
    [Fact]
    public async Task Bench_OpenLoop_NeverWaitsForAnswers()
    {
        const int requests = 12;
        var all = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(async (http, number) =>
        {
            if (number == requests - 1)
                all.SetResult();
            await all.Task.WaitAsync(http.RequestAborted);
            await FakeAnswers.WholeAsync(http, number);
        });

        var load = await RunAsync(server, "--rate", "100", "--arrivals", "poisson", "--requests", $"{requests}", "--warmup", "0");

        Assert.Equal(requests, load.GetProperty("succeeded").GetInt32());
        var sent = load.GetProperty("requests").EnumerateArray().ToArray();
        var due = sent.Select(request => request.GetProperty("dueSeconds").GetDouble()).ToArray();
        Assert.Equal(due.Order(), due);
        Assert.All(sent, request => Assert.True(request.GetProperty("sentSeconds").GetDouble() >= request.GetProperty("dueSeconds").GetDouble()));
        // The first was due first and answered with the others, so it is among the slowest.
        Assert.True(sent[0].GetProperty("ttftSeconds").GetDouble() >= due[^1] - due[0]);
    }

    [Fact]
    public async Task Bench_ClosedLoop_KeepsSoManyUnderWayAndNoMore()
    {
        const int concurrency = 4;
        var underWay = 0;
        var most = 0;
        var together = new TaskCompletionSource();
        await using var server = await FakeServer.StartAsync(async (http, number) =>
        {
            var now = Interlocked.Increment(ref underWay);
            InterlockedMax(ref most, now);
            if (now == concurrency)
                together.TrySetResult();
            await together.Task.WaitAsync(http.RequestAborted);
            Interlocked.Decrement(ref underWay);
            await FakeAnswers.WholeAsync(http, number);
        });

        var load = await RunAsync(server, "--concurrency", $"{concurrency}", "--requests", "17", "--warmup", "0");

        Assert.Equal(17, load.GetProperty("succeeded").GetInt32());
        Assert.Equal(concurrency, most);
    }

    /// <summary>The server takes the four requests of the first load and refuses all after them.</summary>
    [Fact]
    public async Task Bench_Sweep_EndsAtTheLastLoadThatKeptTheObjectives()
    {
        await using var server = await FakeServer.StartAsync(
            (http, number) => number < 4 ? FakeAnswers.WholeAsync(http, number) : FakeAnswers.BusyAsync(http));

        using var report = await ReportAsync(
            server, "--concurrency", "1", "--sweep", "--requests", "4", "--warmup", "0", "--slo-ttft-ms", "60000", "--slo-tpot-ms", "60000");

        Assert.Equal([1, 2], report.RootElement.GetProperty("loads").EnumerateArray().Select(load => load.GetProperty("value").GetDouble()));
        Assert.Equal(1, report.RootElement.GetProperty("knee").GetProperty("load").GetDouble());
        Assert.True(report.RootElement.GetProperty("knee").GetProperty("isBracketed").GetBoolean());
        Assert.Equal(3, XDocument.Load(SvgPath).Descendants().Count(element => element.Name.LocalName == "g"));
    }

    [Fact]
    public async Task Bench_Trace_AsksForItsLengths()
    {
        await using var server = await FakeServer.StartAsync();
        var trace = _folder.Write("trace.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.0,40,5\n2023-11-16 18:15:46.5,80,7\n2023-11-16 18:15:47.5,60,6\n");

        var load = await RunAsync(server, "--trace", trace, "--rate-scale", "10", "--warmup", "0");

        var due = load.GetProperty("requests").EnumerateArray().Select(request => request.GetProperty("dueSeconds").GetDouble());
        Assert.Equal([0, 0.05, 0.15], due.Select(seconds => Math.Round(seconds, 9)));
        Assert.Equal([5, 6, 7], server.Bodies.Select(body => body.GetProperty("max_tokens").GetInt32()).Order());
    }

    [Fact]
    public async Task Bench_NoServer_SaysSoInOneLine()
    {
        var run = await CliProcess.RunAsync("bench", "serve", "--url", "http://127.0.0.1:1");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("e2llm: No server answers at http://127.0.0.1:1/v1/", run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private async Task<JsonElement> RunAsync(FakeServer server, params string[] more)
    {
        using var report = await ReportAsync(server, more);
        return report.RootElement.GetProperty("loads").EnumerateArray().Single().Clone();
    }

    private async Task<JsonDocument> ReportAsync(FakeServer server, params string[] more)
    {
        var run = await CliProcess.RunAsync(["bench", "serve", "--url", server.Address.AbsoluteUri, "--json", JsonPath, "--svg", SvgPath, .. more]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains(FakeServer.Model, run.Output);
        return JsonDocument.Parse(await File.ReadAllTextAsync(JsonPath));
    }

    private static int CountOf(JsonElement load, string name) => load.GetProperty(name).GetProperty("count").GetInt32();

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Somebody else was faster.
        }
    }
}
