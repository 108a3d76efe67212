using System.Net;
using System.Net.Sockets;
using E2LLM.Clustering;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Requests;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace E2LLM.Silo.Tests.Storage;

/// <summary>A silo's store as the silo has it, guard included, without all that is served.</summary>
internal sealed class BareStore : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly HostConfiguration _configuration;

    private BareStore(IHost host, HostConfiguration configuration) => (_host, _configuration) = (host, configuration);

    /// <summary>Null where the store only gives the records that are asked for.</summary>
    public JournalRecords? Records => JournalStore.Records(_configuration);

    public IGrainStorageSerializer Serializer => _host.Services.GetRequiredService<IGrainStorageSerializer>();

    private IGrainStorage Storage => _host.Services.GetRequiredKeyedService<IGrainStorage>(JournalStorage.ProviderName);

    public static async Task<BareStore> StartAsync(IReadOnlyList<string> journal, string folder)
    {
        var builder = Host.CreateApplicationBuilder([.. journal]);
        builder.Logging.ClearProviders();
        var configuration = HostConfiguration.Read(new ConfigurationReader(builder.Configuration), host =>
            (host.HttpPort, host.SiloPort, host.GatewayPort, host.DataDirectory) = (0, 0, 0, folder));
        await JournalStore.OpenAsync(configuration, TimeProvider.System, CancellationToken.None);
        await ClusteringSetup.PrepareAsync(configuration.Clustering, CancellationToken.None);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.UseOrleans(silo =>
        {
            ClusteringSetup.AddTo(silo, configuration.Clustering, IPAddress.Loopback, FreePort(), FreePort());
            JournalStore.AddTo(silo, configuration);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new BareStore(host, configuration);
    }

    public static GrainState<RequestJournal> State(string id, int tokens, RequestPhase phase = RequestPhase.Done) => new(new RequestJournal
    {
        Record = new RequestRecord
        {
            Request = new GenerationRequest { Id = id, ModelId = "none", PromptTokens = [.. Enumerable.Range(0, tokens)], MaxTokens = 9 },
            Phase = phase,
            Timeline = new RequestTimeline { AcceptedAt = DateTimeOffset.UnixEpoch, PromptTokens = tokens },
        },
    });

    public async Task<GrainState<RequestJournal>> LoadAsync(string id)
    {
        var state = new GrainState<RequestJournal>(new RequestJournal());
        await Storage.ReadStateAsync("request", Grain(id), state);
        return state;
    }

    /// <summary>Asks until the store answers.</summary>
    public async Task<GrainState<RequestJournal>> LoadWhenBackAsync(string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (true)
        {
            var state = await LoadAsync(id);
            if (!state.State!.IsUnread)
                return state;
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    public Task WriteAsync(string id, GrainState<RequestJournal> state) => Storage.WriteStateAsync("request", Grain(id), state);

    public Task ClearAsync(string id, GrainState<RequestJournal> state) => Storage.ClearStateAsync("request", Grain(id), state);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static GrainId Grain(string id) => GrainId.Create("request", id);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
