using System.Net;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Tests.Fakes;
using E2LLM.Gateway.Tests.OpenAi;
using Microsoft.Extensions.Options;

namespace E2LLM.Gateway.Tests.Hosting;

public sealed class GatewayOptionsTests
{
    [Fact]
    public async Task Start_SeveralBadOptions_ReportsAllOfThemWithTheirRanges()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => GatewayHost.StartAsync(options =>
        {
            options.MaxBodyBytes = 1;
            options.MaxMessages = 0;
            options.KeepAliveSeconds = double.NaN;
            options.DefaultModel = "no-such";
        }));

        Assert.Equal(4, error.Failures.Count());
        Assert.Contains("E2LLM:Gateway:MaxBodyBytes is 1; it must be 1,024 to 67,108,864.", error.Failures);
        Assert.Contains(error.Failures, failure => failure.StartsWith("E2LLM:Gateway:DefaultModel is 'no-such'", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_Defaults_AreValid() =>
        Assert.True(new GatewayOptionsValidator(new FakeFleet()).Validate(null, new GatewayOptions()).Succeeded);

    [Fact]
    public async Task Chat_NoModelNamed_TakesTheOnlyOne()
    {
        await using var host = await GatewayHost.StartAsync();
        var model = host.Fleet.Add(Scripts.Says("x"));
        const string Body = """{"messages":[{"role":"user","content":"Hi"}]}""";

        using var one = await host.Http.PostAsync(ChatHttp.ChatPath, Body);
        host.Fleet.Add(Scripts.Says("x"));
        using var two = await host.Http.PostAsync(ChatHttp.ChatPath, Body);

        Assert.Equal(model.Id, (await one.JsonAsync()).GetProperty("model").GetString());
        Assert.Equal((HttpStatusCode.BadRequest, "model"), ((await two.ErrorAsync()).Status, (await two.ErrorAsync()).Parameter));
    }
}
