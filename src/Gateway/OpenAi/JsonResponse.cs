using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Writes JSON by hand: which keys are there, and which are null, is the protocol.</summary>
internal static class JsonResponse
{
    public const string ContentType = "application/json; charset=utf-8";

    // Nothing here ends up inside of HTML, and escaping would triple the size of an answer in Japanese.
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task WriteAsync(HttpContext http, int status, Action<Utf8JsonWriter> write)
    {
        // Whole before it is sent, so that a failure while writing can still become an error.
        var buffer = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(buffer, WriterOptions))
            write(json);
        http.Response.StatusCode = status;
        http.Response.ContentType = ContentType;
        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.Body.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }
}
