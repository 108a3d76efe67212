using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Cli.Tests.Processes;

namespace E2LLM.Cli.Tests.Serving;

/// <summary>A silo that is told to stop while clients read.</summary>
public sealed class ShutdownTests : IDisposable
{
    private const string DrainSeconds = "E2LLM:Gateway:DrainSeconds";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task Serve_ToldToStopWhileAnAnswerIsWritten_WritesItToItsEndAndTakesNoNewOnes(string signal)
    {
        await using var silo = await StartAsync(drainSeconds: "60");
        using var answer = await AskAsync(silo, stream: true);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await events.ReadLineAsync());

        await silo.Process.SignalAsync(signal);
        await silo.Process.WaitForErrorAsync("Stopping: no new requests");
        var toldAt = TimeProvider.System.GetTimestamp();
        using var late = await AskAsync(silo, stream: true);
        using var health = await silo.Http.GetAsync("/health");
        var rest = await events.ReadToEndAsync();
        var seconds = TimeProvider.System.GetElapsedTime(toldAt).TotalSeconds;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.NotNull(late.Headers.RetryAfter);
        Assert.True(late.Headers.ConnectionClose);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.EndsWith("data: [DONE]\n\n", rest);
        Assert.True(seconds > 3, $"The answer went on for {seconds:F1} s, which proves nothing: the command line library allows two.");
        var run = await silo.Process.WaitForExitAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("Unhandled", run.Error);
    }

    [Fact]
    public async Task Serve_AnswersThatOutlastTheDrain_EndWithAnErrorThatInvitesToAskAgain()
    {
        await using var silo = await StartAsync(drainSeconds: "0.5");
        var whole = AskAsync(silo, stream: false);
        using var answer = await AskAsync(silo, stream: true);
        var id = answer.Headers.GetValues("x-request-id").Single();
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await events.ReadLineAsync());

        await silo.Process.SignalAsync("TERM");
        var rest = await ReadAsMuchAsThereIsAsync(events);
        using var refused = await whole;

        var error = rest.Split("event: error\ndata: ");
        Assert.Equal(2, error.Length);
        Assert.Equal("server_stopping", JsonDocument.Parse(error[1]).RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        var run = await silo.Process.WaitForExitAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("at E2LLM.Gateway.", run.Error);
        Assert.DoesNotContain("they lack it", run.Error);

        await using var again = await StartAsync(drainSeconds: "0.5");
        var record = await again.Http.GetFromJsonAsync<JsonElement>("/v1/requests/" + id);
        Assert.Equal("interrupted", record.GetProperty("finish").GetString());
    }

    [Fact]
    public async Task Serve_ToldToStopTwice_WaitsNoLonger()
    {
        await using var silo = await StartAsync(drainSeconds: "3600");
        using var answer = await AskAsync(silo, stream: true);
        using var events = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await events.ReadLineAsync());

        await silo.Process.SignalAsync("INT");
        await silo.Process.WaitForErrorAsync("Stopping: no new requests");
        await silo.Process.SignalAsync("INT");

        Assert.Contains("event: error", await ReadAsMuchAsThereIsAsync(events));
        Assert.Equal(0, (await silo.Process.WaitForExitAsync()).ExitCode);
    }

    private Task<ServingSilo> StartAsync(string drainSeconds) => ServingSilo.StartAsync(
        _folder, new() { [DrainSeconds] = drainSeconds }, "--fleet", _folder.Write("slow.json", ServingSilo.SlowFleet));

    private static Task<HttpResponseMessage> AskAsync(ServingSilo silo, bool stream) => silo.Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { prompt = "Once upon a time", max_tokens = 200, ignore_eos = true, stream }),
        },
        HttpCompletionOption.ResponseHeadersRead);

    /// <summary>After an error event the server breaks the connection, so that nobody takes the end for that of the answer.</summary>
    private static async Task<string> ReadAsMuchAsThereIsAsync(StreamReader reader)
    {
        var lines = new List<string>();
        try
        {
            while (await reader.ReadLineAsync() is { } line)
                lines.Add(line);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            // As is to be.
        }
        return string.Join('\n', lines);
    }
}
