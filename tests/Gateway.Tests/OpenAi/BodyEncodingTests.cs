using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>A body in a form that is not taken is told which form it has, and not where it stops to be JSON.</summary>
[Collection(GatewayCollection.Name)]
public sealed class BodyEncodingTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity, zstd")]
    public async Task Chat_ContentEncoding_Is415WithItsName(string encoding)
    {
        using var response = await SendAsync(Gzip(Body()), "application/json", encoding);

        var error = await response.ErrorAsync();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, error.Status);
        Assert.Contains($"'{encoding}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=\"utf-16\"")]
    [InlineData("application/json; charset=iso-8859-1")]
    public async Task Chat_OtherCharset_Is415WithItsName(string type)
    {
        using var response = await SendAsync(Encoding.Unicode.GetBytes(Body()), type);

        var error = await response.ErrorAsync();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, error.Status);
        Assert.Contains(type.Split('=')[1].Trim('"'), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public async Task Chat_OtherEncodingUndeclared_Is400WithItsName(string encoding)
    {
        using var response = await SendAsync(Encoding.GetEncoding(encoding).GetBytes(Body()), "application/json");

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_json"), (error.Status, error.Code));
        Assert.Contains("looks like UTF-16", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deflate", new byte[] { 0x78, 0x9C, 0xAB, 0x56 })]
    [InlineData("zstd", new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x24 })]
    public async Task Chat_OtherCompressionUndeclared_Is400WithItsName(string encoding, byte[] body)
    {
        using var response = await SendAsync(body, "application/json");

        Assert.Contains($"looks like {encoding}", (await response.ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_GzipUndeclared_Is400WithItsName()
    {
        using var response = await SendAsync(Gzip(Body()), "application/json");

        Assert.Contains("looks like gzip", (await response.ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", "")]
    [InlineData("application/json; charset=\"UTF-8\"", "\ufeff")]
    [InlineData("application/json", "\ufeff")]
    public async Task Chat_Utf8_IsRead(string type, string mark)
    {
        using var response = await SendAsync(Encoding.UTF8.GetBytes(mark + Body()), type, "identity");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private string Body() => ChatHttp.Body(gateway.Fleet.Add(Scripts.Says("x")).Id);

    private async Task<HttpResponseMessage> SendAsync(byte[] body, string type, string? encoding = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ChatHttp.ChatPath) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        if (encoding is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await gateway.Http.SendAsync(request);
    }

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }
}
