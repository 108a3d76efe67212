using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace E2LLM.Cli.Tests.Bench.Fakes;

/// <summary>A small OpenAI server on loopback. A word of more than four letters is two tokens to it, any other one.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public const string Model = "fake-model";

    /// <summary>What its chat template adds.</summary>
    private const int TemplateTokens = 6;

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<JsonElement> _bodies = new();
    private int _streams;

    private FakeServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Of the streamed requests, in the order in which they came.</summary>
    public IReadOnlyCollection<JsonElement> Bodies => _bodies;

    /// <param name="answer">Writes the answer of the streamed request of this number, from 0. Default: <see cref="FakeAnswers.WholeAsync"/>.</param>
    /// <param name="tokenizes">It has /tokenize.</param>
    /// <param name="queueSeconds">What its timelines say; null for a server without timelines.</param>
    public static async Task<FakeServer> StartAsync(
        Func<HttpContext, int, Task>? answer = null, bool tokenizes = true, double? queueSeconds = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var server = new FakeServer(app);
        app.MapGet("/v1/models", () => new { data = new[] { new { id = Model } } });
        app.MapPost("/v1/chat/completions", (HttpContext http, JsonElement body) => server.CompleteAsync(http, body, answer ?? FakeAnswers.WholeAsync));
        if (tokenizes)
            app.MapPost("/tokenize", (JsonElement body) => new { tokens = new int[TextTokens(body.GetProperty("content").GetString()!)] });
        if (queueSeconds is { } seconds)
            app.MapGet("/v1/requests/{id}", (string id) => new { id, timeline = new { queued_seconds = 1.0, prefill_start_seconds = 1 + seconds } });
        await app.StartAsync();
        return server;
    }

    public static int PromptTokens(string prompt) => TemplateTokens + TextTokens(prompt);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static int TextTokens(string text) => text.Split(' ').Sum(word => word.Length > 4 ? 2 : 1);

    private async Task CompleteAsync(HttpContext http, JsonElement body, Func<HttpContext, int, Task> answer)
    {
        if (body.TryGetProperty("stream", out var stream) && stream.GetBoolean())
        {
            _bodies.Enqueue(body);
            await answer(http, Interlocked.Increment(ref _streams) - 1);
            return;
        }
        var prompt = body.GetProperty("messages")[0].GetProperty("content").GetString()!;
        await http.Response.WriteAsJsonAsync(new { usage = new { prompt_tokens = PromptTokens(prompt), completion_tokens = 1 } });
    }
}
