using E2LLM.Gateway.Tests.Fakes;

namespace E2LLM.Gateway.Tests.Hosting;

/// <summary>One host for all test classes that do not need their own options.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private GatewayHost? _host;

    public GatewayHost Host => _host ?? throw new InvalidOperationException("The host has not been started.");

    public HttpClient Http => Host.Http;

    public FakeFleet Fleet => Host.Fleet;

    // Short, so that silences do not slow the tests; nothing depends on how short.
    public async Task InitializeAsync() => _host = await GatewayHost.StartAsync(options => options.KeepAliveSeconds = 0.2);

    public async Task DisposeAsync() => await Host.DisposeAsync();
}
