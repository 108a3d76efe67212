using E2LLM.Clustering;
using E2LLM.Core.Requests;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace E2LLM.Benchmarks.Scale;

/// <summary>Silos in processes of their own, which find each other by a SQLite file, and a client of theirs in this process.</summary>
internal sealed class ScaleFog : IAsyncDisposable
{
    private readonly ScaleProcess[] _silos;
    private readonly IHost _client;
    private readonly CallCounter _counter;
    private readonly MessageBytes _bytes;

    private ScaleFog(ScaleProcess[] silos, IHost client, CallCounter counter, MessageBytes bytes) =>
        (_silos, _client, _counter, _bytes) = (silos, client, counter, bytes);

    public IFleetGrain Fleet => Grains.GetGrain<IFleetGrain>(ScaleSpec.Model.Id);

    public IPlanGrain Plan => Grains.GetGrain<IPlanGrain>(ScaleSpec.Model.Id);

    /// <summary>Of all silos together.</summary>
    public double CpuSeconds => _silos.Sum(silo => silo.CpuTime.TotalSeconds);

    private IGrainFactory Grains => _client.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Ends when all silos are up and the client is connected; what they make of their devices is waited for elsewhere.</summary>
    public static async Task<ScaleFog> StartAsync(string directory, Func<int, string, ScaleSpec> spec, int silos)
    {
        var options = ScaleNodeCommand.Clustering($"Data Source={Path.Combine(directory, "cluster.db")}");
        await ClusteringSetup.PrepareAsync(options, CancellationToken.None);
        List<ScaleProcess> processes = [];
        IHost? client = null;
        var (counter, bytes) = (new CallCounter(), new MessageBytes());
        try
        {
            processes.AddRange(Enumerable.Range(0, silos).Select(index => ScaleProcess.Start(spec(index, options.ConnectionString))));
            foreach (var process in processes)
                await process.UpAsync();
            client = await ConnectAsync(options, counter);
            return new ScaleFog([.. processes], client, counter, bytes);
        }
        catch
        {
            bytes.Dispose();
            client?.Dispose();
            foreach (var process in processes)
                await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one request to its end.</summary>
    public async Task RunAsync(GenerationRequest request)
    {
        TokenChunk? last = null;
        await foreach (var chunk in Grains.GetGrain<IRequestGrain>(request.Id).RunAsync(request))
            last = chunk;
        if (last is not { Finish: FinishReason.Length })
            throw new InvalidOperationException($"The request ended with {last}.");
    }

    /// <summary>Of all processes, since they began.</summary>
    public async Task<ScaleCounts> CountAsync() => ScaleCounts.Sum(
        [.. await Task.WhenAll(_silos.Select(silo => silo.CountAsync())), new ScaleCounts(_counter.Calls, _bytes.Read(), 0)]);

    public async ValueTask DisposeAsync()
    {
        await _client.StopAsync();
        _client.Dispose();
        _bytes.Dispose();
        await Task.WhenAll(_silos.Select(silo => silo.DisposeAsync().AsTask()));
    }

    private static async Task<IHost> ConnectAsync(ClusteringOptions options, CallCounter counter)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            ClusteringSetup.AddTo(client, options);
            client.Services.AddSingleton<IOutgoingGrainCallFilter>(counter);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}
