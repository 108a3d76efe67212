using System.Net;
using E2LLM.Gateway.Tests.Hosting;

namespace E2LLM.Gateway.Tests.OpenAi;

/// <summary>Whoever asks for what is not there is told so in the API's form.</summary>
[Collection(GatewayCollection.Name)]
public sealed class RouteErrorsTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/v1/embeddings")]
    [InlineData("POST", "/v1/v1/chat/completions")]
    [InlineData("DELETE", "/v2/models")]
    [InlineData("OPTIONS", "/nowhere")]
    [InlineData("GET", "/v1/chat/completions/more")]
    public async Task UnknownPath_AnyMethod_Is404WithMethodAndPath(string method, string path)
    {
        using var response = await SendAsync(method, path);

        var error = await response.ErrorAsync();
        Assert.Equal(
            (HttpStatusCode.NotFound, "invalid_request_error", null, "unknown_url"), (error.Status, error.Type, error.Parameter, error.Code));
        Assert.StartsWith($"There is no {method} {path}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnknownPath_V1Twice_SaysSo()
    {
        using var response = await SendAsync("POST", "/v1/v1/chat/completions");

        Assert.Contains("twice", (await response.ErrorAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/chat/completions", "POST")]
    [InlineData("PUT", "/chat/completions", "POST")]
    [InlineData("OPTIONS", "/v1/completions", "POST")]
    [InlineData("POST", "/v1/models", "GET, HEAD")]
    [InlineData("BREW", "/v1/plan", "GET, HEAD")]
    [InlineData("POST", "/health", "GET, HEAD")]
    [InlineData("DELETE", "/alive", "GET, HEAD")]
    public async Task KnownPath_WrongMethod_Is405WithMethodAndPath(string method, string path, string allowed)
    {
        using var response = await SendAsync(method, path);

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_supported"), (error.Status, error.Code));
        Assert.Equal($"There is no {method} {path}; this path takes {allowed}.", error.Message);
        Assert.Equal(allowed, string.Join(", ", response.Content.Headers.Allow));
    }

    [Theory]
    [InlineData("/v1/models", HttpStatusCode.OK)]
    [InlineData("/alive", HttpStatusCode.OK)]
    [InlineData("/v1/chat/completions", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/nowhere", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/none", HttpStatusCode.NotFound)]
    public async Task Head_AnyPath_IsTheHeadOfTheAnswer(string path, HttpStatusCode expected)
    {
        using var response = await SendAsync("HEAD", path);

        Assert.Equal(expected, response.StatusCode);
        Assert.NotNull(response.Content.Headers.ContentType);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task UnknownPath_VeryLong_IsQuotedInPart()
    {
        using var response = await SendAsync("GET", "/" + new string('x', 4000));

        Assert.InRange((await response.ErrorAsync()).Message.Length, 100, 300);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        return await gateway.Http.SendAsync(request);
    }
}
