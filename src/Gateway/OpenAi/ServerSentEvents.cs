using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Writes a response as server-sent events; each is flushed, so that it arrives when it was written.</summary>
internal sealed class ServerSentEvents : IDisposable
{
    private readonly HttpContext _http;
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;

    private ServerSentEvents(HttpContext http)
    {
        _http = http;
        _json = new Utf8JsonWriter(_buffer, JsonResponse.WriterOptions);
    }

    /// <summary>Sets status and headers; nothing may have been written before.</summary>
    public static ServerSentEvents Begin(HttpContext http)
    {
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        http.Response.StatusCode = StatusCodes.Status200OK;
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would collect the events
        return new ServerSentEvents(http);
    }

    public Task DataAsync(Action<Utf8JsonWriter> write) => SendAsync("data: "u8, write);

    /// <summary>Ends the stream with an error that no client can take for an answer.</summary>
    public Task ErrorAsync(OpenAiError error) => SendAsync("event: error\ndata: "u8, error.Write);

    public Task DoneAsync() => SendAsync("data: [DONE]"u8, null);

    /// <summary>A line that clients skip.</summary>
    public Task KeepAliveAsync() => SendAsync(": keep-alive"u8, null);

    public void Dispose() => _json.Dispose();

    private Task SendAsync(ReadOnlySpan<byte> prefix, Action<Utf8JsonWriter>? write)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write(prefix);
        if (write is not null)
        {
            _json.Reset();
            write(_json);
            _json.Flush();
        }

        _buffer.Write("\n\n"u8);
        return FlushAsync();
    }

    private async Task FlushAsync()
    {
        await _http.Response.Body.WriteAsync(_buffer.WrittenMemory, _http.RequestAborted);
        await _http.Response.Body.FlushAsync(_http.RequestAborted);
    }
}
