using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>The API as bytes.</summary>
internal static class ChatHttp
{
    public const string ChatPath = "/v1/chat/completions";

    public static string Body(string model, string more = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hi"}]{{more}}}""";

    public static Task<HttpResponseMessage> PostAsync(
        this HttpClient http, string path, string json, CancellationToken cancellationToken = default) =>
        http.PostBytesAsync(path, Encoding.UTF8.GetBytes(json), cancellationToken);

    public static async Task<HttpResponseMessage> PostBytesAsync(
        this HttpClient http, string path, byte[] json, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }

    /// <summary>The error body, with all of its four keys.</summary>
    public static async Task<(HttpStatusCode Status, string Type, string? Parameter, string? Code, string Message)> ErrorAsync(
        this HttpResponseMessage response)
    {
        var body = await response.JsonAsync();
        return Error(response.StatusCode, body);
    }

    public static (HttpStatusCode Status, string Type, string? Parameter, string? Code, string Message) Error(
        HttpStatusCode status, JsonElement body)
    {
        var error = body.GetProperty("error");
        Assert.Equal(["code", "message", "param", "type"], error.EnumerateObject().Select(property => property.Name).Order());
        return (
            status,
            error.GetProperty("type").GetString()!,
            error.GetProperty("param").GetString(),
            error.GetProperty("code").GetString(),
            error.GetProperty("message").GetString()!);
    }
}
