using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace E2LLM.Gateway.OpenAi;

/// <summary>In which form a body may come: JSON in UTF-8, not compressed. Every other form is refused by its name.</summary>
internal static class BodyEncoding
{
    private static readonly string[] Charsets = ["utf-8", "utf8", "us-ascii"];

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="BadHttpRequestException">The headers say another form (415).</exception>
    public static void CheckHeaders(HttpRequest request)
    {
        // A browser asks for leave before it sends this type to another site, so that no web page can use the fleet behind one's back.
        if (!request.HasJsonContentType())
            throw Unsupported("The body must be JSON, with the header 'Content-Type: application/json'.");
        if (MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.Charset is { Length: > 0 } charset
            && !Charsets.Contains(charset.Value!.Trim('"'), StringComparer.OrdinalIgnoreCase))
            throw Unsupported($"The body must be UTF-8, but its charset is '{Shorten(charset.Value)}'.");
        foreach (var encoding in request.Headers.ContentEncoding)
            if (!string.IsNullOrEmpty(encoding) && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
                throw Unsupported($"The body must not be compressed, but its Content-Encoding is '{Shorten(encoding)}'.");
    }

    /// <summary>The body without the mark that some programs put in front of UTF-8.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(Utf8Mark) ? body[Utf8Mark.Length..] : body;

    /// <summary>What a body is whose headers do not tell, by its first bytes; null where that is not the reason that it is no JSON.</summary>
    public static string? Guess(ReadOnlySpan<byte> body) => body switch
    {
        [0x1F, 0x8B, ..] => "gzip",
        [0x78, 0x01 or 0x5E or 0x9C or 0xDA, ..] => "deflate",
        [0x28, 0xB5, 0x2F, 0xFD, ..] => "zstd",
        [0xFE, 0xFF, ..] or [0xFF, 0xFE, ..] or [0, ..] or [_, 0, ..] => "UTF-16 or UTF-32",
        _ => null,
    };

    private static BadHttpRequestException Unsupported(string message) => new(message, StatusCodes.Status415UnsupportedMediaType);

    private static string Shorten(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
