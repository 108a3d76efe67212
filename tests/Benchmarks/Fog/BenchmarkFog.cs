using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Grains.Devices;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2LLM.Benchmarks.Fog;

/// <summary>One silo with as many devices as the replica has stages.</summary>
internal sealed class BenchmarkFog : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchmarkFog(IHost host) => _host = host;

    private IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<BenchmarkFog> StartAsync(
        IModelCatalog catalog, IStageEngineFactory engines, int stages, Action<ServingOptions> serving)
    {
        DeviceSpec[] devices = [.. Enumerable.Range(0, stages).Select(index => new DeviceSpec { Id = $"d{index}", MemoryBytes = long.MaxValue })];
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error);
        builder.Services.AddSingleton(catalog);
        builder.Services.AddSingleton(engines);
        builder.Services.AddSingleton<IDeviceProfiler, NoProfiler>();
        builder.Services.AddSingleton<IPlanAdvisor, EqualCut>();
        builder.Services.Configure(serving);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePort(), FreePort())
            .AddMemoryGrainStorage(JournalStorage.ProviderName)
            .AddE2LlmGrains(new LocalDevices(devices)));
        var host = builder.Build();
        await host.StartAsync();
        var fog = new BenchmarkFog(host);
        await fog.Grains.GetGrain<IPlanGrain>(catalog.Models[0].Id).ApplyAsync(new FleetSpec { Name = "benchmark", Devices = [.. devices] });
        return fog;
    }

    /// <summary>Runs one request to its end and returns its last chunk.</summary>
    public async Task<TokenChunk> RunAsync(GenerationRequest request)
    {
        TokenChunk? last = null;
        await foreach (var chunk in Grains.GetGrain<IRequestGrain>(request.Id).RunAsync(request))
            last = chunk;
        return last is { Finish: FinishReason.Length } ? last : throw new InvalidOperationException($"The request ended with {last}.");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
