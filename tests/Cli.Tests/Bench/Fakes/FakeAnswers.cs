using System.Text;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Cli.Tests.Bench.Fakes;

/// <summary>Answers of two pieces of text and three tokens, and ways in which they fail.</summary>
internal static class FakeAnswers
{
    private const string Usage = """{"id":"ID","choices":[],"usage":{"prompt_tokens":20,"completion_tokens":3}}""";

    public static Task WholeAsync(HttpContext http, int number) =>
        WriteAsync(http, Events(number, Text("Grüß"), Text("e!"), Finish, Usage, "[DONE]"));

    /// <summary>Byte by byte, so that every event, and the ü, comes in pieces.</summary>
    public static async Task DribbledAsync(HttpContext http, int number)
    {
        foreach (var single in Encoding.UTF8.GetBytes(Events(number, Text("Grüß"), Text("e!"), Finish, Usage, "[DONE]")))
        {
            await http.Response.Body.WriteAsync(new[] { single });
            await http.Response.Body.FlushAsync();
        }
    }

    public static Task BusyAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        return http.Response.WriteAsJsonAsync(new { error = new { message = "The queue is full." } });
    }

    /// <summary>An error after the first text.</summary>
    public static Task ErrorInStreamAsync(HttpContext http, int number) =>
        WriteAsync(http, Events(number, Text("Grüß"), """{"error":{"message":"A device is gone."}}"""));

    /// <summary>The stream ends after the first text, without a word.</summary>
    public static Task BreakAsync(HttpContext http, int number) => WriteAsync(http, Events(number, Text("Grüß")));

    private const string Finish = """{"id":"ID","choices":[{"delta":{},"finish_reason":"stop"}]}""";

    private static string Text(string text) => $$$"""{"id":"ID","choices":[{"delta":{"content":"{{{text}}}"}}]}""";

    private static string Events(int number, params string[] data) =>
        ": a comment\n\n" + string.Concat(data.Select(json => $"data: {json.Replace("\"ID\"", $"\"request-{number}\"")}\n\n"));

    private static async Task WriteAsync(HttpContext http, string events)
    {
        http.Response.ContentType = "text/event-stream";
        await http.Response.WriteAsync(events);
        await http.Response.Body.FlushAsync();
    }
}
