using System.Net;
using System.Net.Sockets;
using E2LLM.Clustering;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Devices;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace E2LLM.Benchmarks.Fog;

/// <summary>A silo with its journal in memory.</summary>
internal sealed class BenchmarkSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private BenchmarkSilo(IHost host, IPEndPoint endpoint) => (_host, Endpoint) = (host, endpoint);

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where other silos reach it.</summary>
    public IPEndPoint Endpoint { get; }

    /// <param name="options">What it is made of.</param>
    /// <param name="primary">Endpoint of the silo that holds the membership table; null where this is the first one.</param>
    public static async Task<BenchmarkSilo> StartAsync(FogOptions options, IPEndPoint? primary = null)
    {
        var builder = Host.CreateApplicationBuilder();
        // Asking for devices of a silo that has just joined may fail a few times, and says so there.
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Orleans", LogLevel.Error).AddFilter("Orleans.Messaging", LogLevel.None)
            .AddFilter("Polly", LogLevel.None);
        // Standard output belongs to the tables, and to the parent of a node.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(options.Catalog);
        builder.Services.AddSingleton(options.Engines);
        builder.Services.AddSingleton(options.Profiler);
        builder.Services.AddSingleton(options.Planner);
        builder.Services.Configure(options.Serving);
        if (options.HasDevicesOnly)
            builder.Services.PostConfigure<GrainTypeOptions>(grains => grains.Classes.RemoveWhere(IsNotOfDevices));
        // A network of a benchmark's own has nobody else on it.
        builder.Services.AddSingleton<IOptions<KvDataPortOptions>>(new OptionsWrapper<KvDataPortOptions>(
            new KvDataPortOptions { Address = options.Address.ToString(), AllowPlaintext = true }));
        var own = new IPEndPoint(options.Address, FreePort());
        builder.UseOrleans(silo =>
        {
            if (options.Clustering is { } clustering)
                ClusteringSetup.AddTo(silo, clustering, own.Address, own.Port, FreePort());
            else
                silo.UseDevelopmentClustering(primary ?? own).ConfigureEndpoints(own.Address, own.Port, FreePort());
            silo.AddMemoryGrainStorage(JournalStorage.ProviderName).AddE2LlmGrains(new LocalDevices(options.Devices));
            options.Silo(silo);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new BenchmarkSilo(host, own);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>The product's other grains, and the journal in memory.</summary>
    private static bool IsNotOfDevices(Type grain) =>
        (grain.Assembly == typeof(OnDeviceAttribute).Assembly && !grain.IsDefined(typeof(OnDeviceAttribute), inherit: false))
        || grain.FullName == "Orleans.Storage.MemoryStorageGrain";

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
