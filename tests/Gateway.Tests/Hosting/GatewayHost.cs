using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Models;
using E2LLM.Gateway.Hosting;
using E2LLM.Gateway.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2LLM.Gateway.Tests.Hosting;

/// <summary>A silo with the gateway on a real Kestrel and fake grains behind it; everything on free loopback ports.</summary>
public sealed class GatewayHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayHost(WebApplication app, IPEndPoint orleansGateway)
    {
        _app = app;
        OrleansGateway = orleansGateway;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        BaseAddress = new Uri(addresses.Addresses.Single());
        Http = new HttpClient { BaseAddress = BaseAddress, Timeout = TimeSpan.FromSeconds(30) };
    }

    public Uri BaseAddress { get; }

    public HttpClient Http { get; }

    public IPEndPoint OrleansGateway { get; }

    public IServiceProvider Services => _app.Services;

    public FakeFleet Fleet => Services.GetRequiredService<FakeFleet>();

    public static async Task<GatewayHost> StartAsync(Action<GatewayOptions>? configure = null, Action<WebApplication>? map = null)
    {
        var (siloPort, gatewayPort) = (FreePort(), FreePort());
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Host.UseOrleans(silo => silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "e2llm", clusterId: "e2llm"));
        builder.Services.AddSingleton<FakeFleet>();
        builder.Services.AddSingleton<IModelCatalog>(services => services.GetRequiredService<FakeFleet>());
        builder.Services.AddSingleton<ITokenizerProvider>(services => services.GetRequiredService<FakeFleet>());
        builder.Services.AddE2LlmGateway(configure);
        var app = builder.Build();
        app.UseE2LlmGateway();
        app.MapE2LlmOpenAi();
        app.MapE2LlmHealth();
        map?.Invoke(app);
        await app.StartAsync();
        return new GatewayHost(app, new IPEndPoint(IPAddress.Loopback, gatewayPort));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
