using System.Buffers;
using System.Text.Json;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.OpenAi;

/// <summary>Reads a request's JSON within the limits.</summary>
internal sealed class JsonBody(BodyBudget budget, LongBodies longBodies, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int MaxDepth = 32;

    /// <summary>A longer body gets its memory as it comes, since to announce one costs nothing.</summary>
    private const int FirstBufferBytes = 64 << 10;

    /// <summary>Long buffers that are kept for the next body: the shared pool would keep one of each size for every thread.</summary>
    private const int KeptBuffers = 2;

    private readonly ArrayPool<byte> _longBuffers = ArrayPool<byte>.Create(2 * options.Value.MaxBodyBytes, KeptBuffers);
    private readonly int _maxBytes = options.Value.MaxBodyBytes;
    private readonly TimeSpan _patience = TimeSpan.FromSeconds(options.Value.BodySeconds);

    /// <exception cref="BadHttpRequestException">The body is too long (413), too slow (408), or not declared as JSON in UTF-8 (415).</exception>
    /// <exception cref="OverloadedException">Too many bytes of bodies are in work.</exception>
    /// <exception cref="RequestRejectedException">It is not JSON, or <paramref name="read"/> rejects it.</exception>
    public async Task<T> ReadAsync<T>(HttpContext http, Func<JsonElement, T> read)
    {
        CheckHeaders(http);
        // Held until the request is done: its texts are as long as the body, and stay.
        var share = budget.Open();
        http.Response.RegisterForDispose(share);
        share.Require(http.Request.ContentLength ?? 0);
        var buffer = Rent((int)Math.Min(http.Request.ContentLength + 1 ?? FirstBufferBytes, FirstBufferBytes));
        using var late = new CancellationTokenSource(_patience, time);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        try
        {
            var length = 0;
            while (await http.Request.Body.ReadAsync(buffer.AsMemory(length), given.Token) is var count and > 0)
            {
                share.Take(count);
                length += count;
                if (length > _maxBytes)
                    throw TooLong();
                if (length == buffer.Length)
                    buffer = Grow(buffer);
            }

            var body = buffer.AsMemory(0, length);
            return length <= FirstBufferBytes ? Parse(body, read) : await longBodies.RunAsync(() => Parse(body, read), http.RequestAborted);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // Nothing of it is held any more, while the server may wait for the rest of it.
            share.Dispose();
            throw TooSlow();
        }
        finally
        {
            Return(buffer);
        }
    }

    private void CheckHeaders(HttpContext http)
    {
        BodyEncoding.CheckHeaders(http.Request);
        if (http.Request.ContentLength > _maxBytes)
            throw TooLong();
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = _maxBytes;
    }

    private byte[] Grow(byte[] buffer)
    {
        var larger = Rent(2 * buffer.Length);
        buffer.CopyTo(larger, 0);
        Return(buffer);
        return larger;
    }

    private byte[] Rent(int bytes) => PoolOf(bytes).Rent(bytes);

    private void Return(byte[] buffer) => PoolOf(buffer.Length).Return(buffer);

    private ArrayPool<byte> PoolOf(int bytes) => bytes <= FirstBufferBytes ? ArrayPool<byte>.Shared : _longBuffers;

    private static T Parse<T>(ReadOnlyMemory<byte> body, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(BodyEncoding.WithoutMark(body), new JsonDocumentOptions { MaxDepth = MaxDepth });
            return read(document.RootElement);
        }
        catch (JsonException) when (BodyEncoding.Guess(body.Span) is { } encoding)
        {
            throw NotJson($"The body must be JSON in UTF-8 and not compressed, but looks like {encoding}.");
        }
        catch (JsonException error)
        {
            // Of the parser's message only the place is told: the rest quotes the body.
            throw NotJson(
                $"The body is not JSON of at most {MaxDepth} levels, at line {error.LineNumber + 1}, byte {error.BytePositionInLine}.");
        }
        catch (InvalidOperationException)
        {
            // The parser takes half a surrogate pair, and the document throws at whoever looks at it, be it a name or a value.
            throw NotJson("The body has a string or a name that is not valid Unicode.");
        }
    }

    private static BadHttpRequestException TooLong() => new("Body too long.", StatusCodes.Status413PayloadTooLarge);

    private BadHttpRequestException TooSlow() => new(
        $"The request's body did not arrive within {_patience.TotalSeconds:0.#} s ({GatewayOptions.Section}:{nameof(GatewayOptions.BodySeconds)}).",
        StatusCodes.Status408RequestTimeout);

    private static RequestRejectedException NotJson(string message) => new(message) { Code = "invalid_json" };
}
