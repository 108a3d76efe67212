using E2LLM.Client;
using E2LLM.Gateway.Tests.Fakes;

namespace E2LLM.Gateway.Tests.Hosting;

/// <summary>One host for all test classes that do not need their own options.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private GatewayHost? _host;
    private E2LlmClient? _client;

    public GatewayHost Host => _host ?? throw new InvalidOperationException("The host has not been started.");

    public HttpClient Http => Host.Http;

    /// <summary>Over a real Orleans connection to the silo's gateway port.</summary>
    public E2LlmClient Client => _client ?? throw new InvalidOperationException("The host has not been started.");

    public FakeFleet Fleet => Host.Fleet;

    /// <param name="callerId">As whom the client asks.</param>
    public E2LlmClientOptions ClientOptions(string callerId = "") =>
        new() { Gateways = [Host.OrleansGateway], ConnectTimeoutSeconds = 5, CallerId = callerId };

    public async Task InitializeAsync()
    {
        // Short, so that silences do not slow the tests; nothing depends on how short.
        _host = await GatewayHost.StartAsync(options => options.KeepAliveSeconds = 0.2);
        _client = await E2LlmClient.ConnectAsync(ClientOptions());
    }

    public async Task DisposeAsync()
    {
        await Client.DisposeAsync();
        await Host.DisposeAsync();
    }
}
