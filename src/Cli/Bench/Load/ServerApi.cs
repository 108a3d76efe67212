using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using E2LLM.Core.Errors;

namespace E2LLM.Cli.Bench.Load;

/// <summary>An OpenAI-compatible server, E2LLM or another.</summary>
internal sealed class ServerApi : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="url">With or without /v1 at its end.</param>
    public ServerApi(Uri url, string? apiKey)
    {
        var path = url.AbsoluteUri.TrimEnd('/');
        Base = new Uri((path.EndsWith("/v1", StringComparison.Ordinal) ? path : path + "/v1") + "/");
        // No request waits for a connection of another one, and the timeout is each request's own.
        _http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue, UseProxy = !url.IsLoopback })
        {
            BaseAddress = Base,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(apiKey))
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
    }

    /// <summary>Ends with /v1/.</summary>
    public Uri Base { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends a JSON body and returns as soon as the status is there.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, object body, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>The answer's JSON object; null where the server knows no such address, or answers something else.</summary>
    public async Task<JsonElement?> TryGetAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(path, cancellationToken);
        return await TryReadAsync(response, cancellationToken);
    }

    /// <inheritdoc cref="TryGetAsync"/>
    public async Task<JsonElement?> TryPostAsync(string path, object body, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(path, body, cancellationToken);
        return await TryReadAsync(response, cancellationToken);
    }

    /// <summary>Id of the first model that the server lists.</summary>
    /// <exception cref="E2LlmException">It cannot be reached, or lists none.</exception>
    public async Task<string> FirstModelAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync("models", cancellationToken);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
                throw new E2LlmException($"{Base} refuses the key with status {(int)response.StatusCode}; --api-key gives one.", mayRetry: false);
            if (await TryReadAsync(response, cancellationToken) is { } models
                && models.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array && data.GetArrayLength() > 0
                && data[0].TryGetProperty("id", out var id) && id.GetString() is { Length: > 0 } name)
                return name;
            throw new E2LlmException($"{Base}models lists no model; --model names one.", mayRetry: false);
        }
        catch (HttpRequestException error)
        {
            throw new E2LlmException($"No server answers at {Base}: {error.Message}", mayRetry: true, error);
        }
    }

    private static async Task<JsonElement?> TryReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType != "application/json")
            return null;
        try
        {
            var json = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
