using System.Net.ServerSentEvents;
using System.Text.Json;
using E2LLM.Cli.Bench.Measures;

namespace E2LLM.Cli.Bench.Load;

/// <summary>Sends one request, reads its stream, and notes when what came. Never throws for what a server does.</summary>
internal sealed class RequestSender(ServerApi server, CompletionBody body, TimeSpan timeout, TimeProvider time)
{
    private const int MaxMessageCharacters = 300;

    public async Task<RequestOutcome> SendAsync(BenchRequest request, LoadClock clock, CancellationToken cancellationToken)
    {
        var sent = clock.Seconds;
        var answer = new AnswerReader();
        var fault = await StreamAsync(request, answer, clock, cancellationToken);
        return new RequestOutcome
        {
            Index = request.Index,
            DueSeconds = request.AtSeconds ?? sent,
            SentSeconds = sent,
            EndSeconds = answer.EndSeconds ?? clock.Seconds,
            ContentSeconds = answer.ContentSeconds,
            PromptTokens = answer.PromptTokens,
            AnswerTokens = answer.AnswerTokens ?? answer.ContentSeconds.Count,
            RequestId = answer.RequestId,
            Fault = fault,
        };
    }

    private async Task<RequestFault?> StreamAsync(
        BenchRequest request, AnswerReader answer, LoadClock clock, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var hasStatus = false;
        try
        {
            using var response = await server.PostAsync("chat/completions", body.For(request), both.Token);
            hasStatus = true;
            if (!response.IsSuccessStatusCode)
            {
                var text = await response.Content.ReadAsStringAsync(both.Token);
                return new RequestFault($"status {(int)response.StatusCode}", ErrorText(text));
            }
            await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(both.Token))
            {
                answer.Read(item.Data, clock.Seconds);
                if (answer.IsDone)
                    break;
            }
            return answer.Fault;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new RequestFault("timeout", $"The answer was not whole after {timeout.TotalSeconds:0} s.");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new RequestFault(hasStatus ? "broken stream" : "connection", error.Message);
        }
    }

    /// <summary>The message of an OpenAI error; of anything else the beginning.</summary>
    private static string ErrorText(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.TryGetProperty("error", out var error) && error.TryGetProperty("message", out var message))
                return message.ToString();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Not every server answers in JSON.
        }
        return body.Length <= MaxMessageCharacters ? body : body[..MaxMessageCharacters];
    }
}
