using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Cli.Tests.Processes;
using E2LLM.Cli.Tests.Readme;

namespace E2LLM.Cli.Tests.Serving;

public sealed class ServingDemoTests(ServingDemo demo) : IClassFixture<ServingDemo>
{
    [Fact]
    public async Task Health_AfterTheAnswer_IsOk() =>
        Assert.Equal(HttpStatusCode.OK, (await demo.Http.GetAsync(demo.Address + "/health")).StatusCode);

    [Fact]
    public async Task Models_OfTheDemo_IsTheDemoModel()
    {
        var models = await demo.Http.GetFromJsonAsync<JsonElement>(demo.Address + "/v1/models");

        Assert.Equal(["e2llm-demo-q8_0"], models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Dashboard_PrintedAddress_IsAPage()
    {
        Assert.Contains($"dashboard   {demo.Address}/dashboard/", demo.Output);

        var page = await demo.Http.GetAsync(demo.Address + "/dashboard/");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task ChatCompletion_Streamed_IsTheAnswerInPieces()
    {
        var request = new { messages = new[] { new { role = "user", content = "Hello!" } }, max_tokens = 8, stream = true };

        using var response = await demo.Http.PostAsJsonAsync(demo.Address + "/v1/chat/completions", request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var events = (await response.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(events, line => Assert.StartsWith("data: ", line));
        Assert.Equal("data: [DONE]", events[^1]);
        var pieces = events[..^1].Select(line => JsonDocument.Parse(line["data: ".Length..]).RootElement.GetProperty("choices")[0])
            .Select(choice => choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : null)
            .Where(content => !string.IsNullOrEmpty(content));
        Assert.InRange(pieces.Count(), 2, 8);
    }

    [Fact]
    public async Task ChatCompletion_SameSystemPromptAgain_IsReadOnce()
    {
        // Longer than a step of the demo's, which is the block in which prefixes are shared.
        var system = string.Concat(Enumerable.Repeat("You tell stories about a fox and a lantern. ", 26));
        foreach (var question in new[] { "What is a replica?", "What is the capital of France?" })
        {
            var messages = new[] { new { role = "system", content = system }, new { role = "user", content = question } };

            using var response = await demo.Http.PostAsJsonAsync(demo.Address + "/v1/chat/completions", new { messages, max_tokens = 4 });

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var usage = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage");
            Assert.InRange(usage.GetProperty("prompt_tokens").GetInt32(), 257, 380);
        }

        var plan = await demo.Http.GetFromJsonAsync<JsonElement>(demo.Address + "/v1/plan");
        var replicas = plan.GetProperty("models")[0].GetProperty("replicas").EnumerateArray();
        Assert.Equal(256, replicas.Sum(replica => replica.GetProperty("kv").GetProperty("prefix_hit_tokens").GetInt32()));
    }

    /// <summary>The curl commands as they stand, but for the port.</summary>
    [Theory]
    [MemberData(nameof(ReadmeFile.CurlCommands), MemberType = typeof(ReadmeFile))]
    public async Task Curl_OfTheReadme_IsAnswered(CurlCommand curl)
    {
        using var request = curl.ToRequest(demo.Address);

        using var response = await demo.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Ask_ItsOrleansGateway_AnswersWithATimeline()
    {
        var run = await CliProcess.RunAsync("ask", "What is the capital of France?", "--timeline", "--max-tokens", "8", "--gateway", demo.OrleansGateway);

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Request on replica", run.Output);
    }

    [Fact]
    public async Task Status_ItsOrleansGateway_ShowsFleetPlanLoadAndLatencies()
    {
        var run = await CliProcess.RunAsync("status", "--gateway", demo.OrleansGateway);

        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("model e2llm-demo-q8_0: ready", run.Output);
        Assert.Contains("Fleet demo", run.Output);
        Assert.Contains("Plan 1 by e2llm", run.Output);
        Assert.Contains("requests done", run.Output);
        Assert.Contains("tokens shared", run.Output);
        Assert.Contains("1/r0 MIXED", run.Output);
    }

    [Fact]
    public async Task Plan_ComparedWithWhatTheSiloServes_SaysWhatWouldChange()
    {
        using var folder = new TemporaryFolder();
        var now = folder.Write("now.json", await demo.Http.GetStringAsync(demo.Address + "/v1/plan"));

        var run = await CliProcess.RunAsync(
            "plan", "--fleet", Path.Combine(ReadmeFile.Root, "fleets", "demo.json"),
            "--model", Path.Combine(ReadmeFile.Root, "models", "e2llm-demo-q8_0.gguf"), "--workload", "64/96", "--compare", now, "--json");

        Assert.Equal("", run.Error);
        using var document = JsonDocument.Parse(run.Output);
        var change = document.RootElement.GetProperty("comparison");
        Assert.Equal("e2llm", change.GetProperty("planner").GetString());
        Assert.NotEqual(JsonValueKind.Null, change.GetProperty("before").ValueKind);
    }

    [Fact]
    public async Task Demo_PortInUse_NamesThePort()
    {
        var port = new Uri(demo.Address).Port;

        var run = await CliProcess.RunAsync("demo", "--once", "--data", demo.DataDirectory, "--port", $"{port}");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"e2llm: E2LLM:Silo:HttpPort is {port}; another program listens there. 0 takes a free port.", run.Error.TrimEnd());
    }
}
