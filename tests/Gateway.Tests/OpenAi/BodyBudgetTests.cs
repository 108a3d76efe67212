using System.Net;
using System.Net.Sockets;
using System.Text;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Tests.OpenAi;

public sealed class BodyBudgetTests
{
    private const int LimitBytes = 3000;

    [Fact]
    public void Take_MoreThanIsLeft_IsRefusedUntilOthersAreDone()
    {
        var budget = new BodyBudget(Options.Create(new GatewayOptions { MaxBodyBytesInFlight = LimitBytes }));
        var first = budget.Open();
        first.Take(2000);
        using (var second = budget.Open())
        {
            Assert.Throws<OverloadedException>(() => second.Require(1001));
            second.Take(1000);
            Assert.Throws<OverloadedException>(() => second.Take(1));
        }

        first.Dispose();
        first.Dispose();

        Assert.Equal(0, budget.Bytes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_BodiesInWorkFillTheBudget_Is429(bool lengthKnown)
    {
        await using var host = await StartAsync();
        var hanging = host.Fleet.Add(Scripts.SaysAndHangs("x"), contextTokens: 100_000);
        var quick = host.Fleet.Add(Scripts.Says("x"), contextTokens: 100_000);
        using var first = await host.Http.PostAsync(ChatHttp.ChatPath, Body(hanging.Id, ",\"stream\":true"));

        using var request = new HttpRequestMessage(HttpMethod.Post, ChatHttp.ChatPath) { Content = new StringContent(Body(quick.Id)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = !lengthKnown;
        using var second = await host.Http.SendAsync(request);

        var error = await second.ErrorAsync();
        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded"), (error.Status, error.Code));
        Assert.Contains("E2LLM:Gateway:MaxBodyBytesInFlight", error.Message, StringComparison.Ordinal);
        Assert.NotNull(second.Headers.RetryAfter);
        Assert.Empty(quick.Requests);
    }

    [Fact]
    public async Task Chat_OneBodyAfterTheOther_AllAreServed()
    {
        await using var host = await StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"), contextTokens: 100_000);

        for (var i = 0; i < 5; i++)
        {
            using var response = await host.Http.PostAsync(ChatHttp.ChatPath, Body(model.Id));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsByteArrayAsync();
        }
    }

    [Theory]
    [InlineData("Content-Length: 2900")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Chat_BodyThatDoesNotArrive_Is408AndLeavesTheBudgetToOthers(string length)
    {
        await using var host = await StartAsync(bodySeconds: 1);
        var model = host.Fleet.Add(Scripts.Says("x"), contextTokens: 100_000);
        using var slow = new TcpClient();
        await slow.ConnectAsync(IPAddress.Loopback, host.BaseAddress.Port);
        await slow.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {ChatHttp.ChatPath} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{length}\r\n\r\nA8C\r\n{new string(' ', 2700)}"));

        using var reader = new StreamReader(slow.GetStream());
        Assert.Equal("HTTP/1.1 408 Request Timeout", await reader.ReadLineAsync());

        var headers = new List<string>();
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
            headers.Add(header);
        Assert.Contains(headers, header => header.StartsWith("Content-Type: application/json", StringComparison.Ordinal));
        Assert.Equal(0, host.Services.GetRequiredService<BodyBudget>().Bytes);
        using var next = await host.Http.PostAsync(ChatHttp.ChatPath, Body(model.Id));
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    private static Task<GatewayHost> StartAsync(double bodySeconds = 30) => GatewayHost.StartAsync(options =>
    {
        options.MaxBodyBytes = LimitBytes;
        options.MaxBodyBytesInFlight = LimitBytes;
        options.BodySeconds = bodySeconds;
    });

    /// <summary>More than half of the budget.</summary>
    private static string Body(string model, string more = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{new string('a', 1600)}}"}]{{more}}}""";
}
