using System.Net;
using E2LLM.Core.Errors;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.OpenAi;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.Hosting;
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

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(options =>
    {
        options.MaxBodyBytes = LimitBytes;
        options.MaxBodyBytesInFlight = LimitBytes;
    });

    /// <summary>More than half of the budget.</summary>
    private static string Body(string model, string more = "") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{new string('a', 1600)}}"}]{{more}}}""";
}
