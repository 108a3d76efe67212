using System.Net;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using E2LLM.Gateway.Tests.OpenAi;
using Microsoft.AspNetCore.Builder;

namespace E2LLM.Gateway.Tests.Access;

public sealed class CorsTests
{
    private const string Page = "http://localhost:3000";
    private const string AllowOrigin = "Access-Control-Allow-Origin";

    [Theory]
    [InlineData(Page, Page, Page)]
    [InlineData("http://a.example, " + Page, Page, Page)]
    [InlineData("*", "http://b.example", "*")]
    [InlineData(Page, "http://localhost:3001", null)]
    public async Task Preflight_OriginsConfigured_AllowsThoseAlone(string origins, string origin, string? allowed)
    {
        await using var host = await GatewayHost.StartAsync(options => options.CorsOrigins = origins);

        using var response = await PreflightAsync(host, ChatHttp.ChatPath, origin);

        Assert.Equal((HttpStatusCode.NoContent, allowed), (response.StatusCode, Header(response, AllowOrigin)));
        Assert.Equal(allowed is null ? null : "content-type,x-own", Header(response, "Access-Control-Allow-Headers"));
    }

    [Fact]
    public async Task Models_OriginConfigured_AnswerMayBeRead()
    {
        await using var host = await GatewayHost.StartAsync(options => options.CorsOrigins = Page);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models") { Headers = { { "Origin", Page } } };

        using var response = await host.Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, Page), (response.StatusCode, Header(response, AllowOrigin)));
    }

    [Fact]
    public async Task WhatTheHostAdds_AnyOriginConfigured_IsNotOpen()
    {
        await using var host = await GatewayHost.StartAsync(options => options.CorsOrigins = "*", app => app.MapGet("/dashboard", () => "x"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard") { Headers = { { "Origin", Page } } };

        using var response = await host.Http.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, null), (response.StatusCode, Header(response, AllowOrigin)));
    }

    [Fact]
    public async Task Preflight_ByDefault_IsRefused()
    {
        await using var host = await GatewayHost.StartAsync();
        host.Fleet.Add(Scripts.Says("x"));

        using var response = await PreflightAsync(host, ChatHttp.ChatPath, Page);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await response.ErrorAsync()).Status);
        Assert.Null(Header(response, AllowOrigin));
    }

    private static async Task<HttpResponseMessage> PreflightAsync(GatewayHost host, string path, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path)
        {
            Headers =
            {
                { "Origin", origin },
                { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "content-type,x-own" },
            },
        };
        return await host.Http.SendAsync(request);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(",", values) : null;
}
