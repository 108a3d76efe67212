using System.Text.Json;
using E2LLM.Core.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Reads a request's JSON within the limits.</summary>
internal static class JsonBody
{
    private const int MaxDepth = 32;

    /// <exception cref="BadHttpRequestException">The body is too long (413), or not declared as JSON (415).</exception>
    /// <exception cref="RequestRejectedException">It is not JSON, or <paramref name="read"/> rejects it.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext http, int maxBytes, Func<JsonElement, T> read)
    {
        using var document = await ParseAsync(http, maxBytes);
        try
        {
            return read(document.RootElement);
        }
        catch (InvalidOperationException)
        {
            // The parser takes half a surrogate pair, and the document throws at whoever looks at it, be it a name or a value.
            throw NotJson("The body has a string or a name that is not valid Unicode.");
        }
    }

    private static async Task<JsonDocument> ParseAsync(HttpContext http, int maxBytes)
    {
        // A browser asks for leave before it sends this type to another site, so that no web page can use the fleet behind one's back.
        if (!http.Request.HasJsonContentType())
            throw new BadHttpRequestException(
                "The body must be JSON, with the header 'Content-Type: application/json'.", StatusCodes.Status415UnsupportedMediaType);
        if (http.Request.ContentLength > maxBytes)
            throw new BadHttpRequestException("Body too long.", StatusCodes.Status413PayloadTooLarge);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = maxBytes;
        try
        {
            return await JsonDocument.ParseAsync(
                http.Request.Body, new JsonDocumentOptions { MaxDepth = MaxDepth }, http.RequestAborted);
        }
        catch (JsonException error)
        {
            // Of the parser's message only the place is told: the rest quotes the body.
            throw NotJson(
                $"The body is not JSON of at most {MaxDepth} levels, at line {error.LineNumber + 1}, byte {error.BytePositionInLine}.");
        }
    }

    private static RequestRejectedException NotJson(string message) => new(message) { Code = "invalid_json" };
}
