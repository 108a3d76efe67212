using System.Net;
using E2LLM.Gateway.Access;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using Microsoft.AspNetCore.Builder;

namespace E2LLM.Gateway.Tests.Access;

/// <summary>A web page whose name points to this machine is not let in.</summary>
[Collection(GatewayCollection.Name)]
public sealed class HostGuardTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("GET", "/health")]
    [InlineData("GET", "/alive")]
    [InlineData("GET", "/nowhere")]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("OPTIONS", "/v1/chat/completions")]
    public async Task AnyPath_ForeignHost_Is403(string method, string path)
    {
        using var response = await SendAsync(gateway.Http, new HttpMethod(method), path, "evil.example");

        var error = await response.ErrorAsync();
        Assert.Equal((HttpStatusCode.Forbidden, "host_not_allowed"), (error.Status, error.Code));
        Assert.Contains("'evil.example'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheHostAdds_ForeignHost_Is403()
    {
        var reached = false;
        await using var host = await GatewayHost.StartAsync(map: app => app.MapGet("/dashboard", () => reached = true));

        using var response = await SendAsync(host.Http, HttpMethod.Get, "/dashboard", "evil.example:8080");

        Assert.Equal((HttpStatusCode.Forbidden, false), (response.StatusCode, reached));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost:81")]
    [InlineData("localhost.")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.8.9.10")]
    [InlineData("[::1]:8080")]
    public async Task Models_LoopbackHost_IsServed(string name)
    {
        using var response = await SendAsync(gateway.Http, HttpMethod.Get, "/v1/models", name);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("evil-localhost")]
    [InlineData("0.0.0.0")]
    [InlineData("192.168.1.5")]
    [InlineData("::")]
    [InlineData("")]
    public void Contains_WhatOnlyLooksLikeLoopback_IsNotThere(string name) => Assert.False(new AllowedHosts("").Contains(name));

    [Theory]
    [InlineData("nas.local", HttpStatusCode.OK)]
    [InlineData("NAS.local.:99", HttpStatusCode.OK)]
    [InlineData("192.168.1.5", HttpStatusCode.OK)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("other.local", HttpStatusCode.Forbidden)]
    public async Task Models_ConfiguredHosts_AreServedBesideLoopback(string name, HttpStatusCode expected)
    {
        await using var host = await GatewayHost.StartAsync(options => options.AllowedHosts = "nas.local, 192.168.1.5");
        host.Fleet.Add(Scripts.Says("x"));

        using var response = await SendAsync(host.Http, HttpMethod.Get, "/v1/models", name);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public void Contains_Any_IsEveryHost() => Assert.True(new AllowedHosts("*").Contains("evil.example"));

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, string path, string host)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = host;
        return await http.SendAsync(request);
    }
}
