using E2LLM.Benchmarks.Nodes;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Fog;

/// <summary>A silo in this process, and where a benchmark asks for them others in processes of their own.</summary>
internal sealed class BenchmarkFog : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly BenchmarkSilo _silo;
    private readonly string _modelId;

    private BenchmarkFog(BenchmarkSilo silo, NodeProcess[] nodes, string modelId) => (_silo, Nodes, _modelId) = (silo, nodes, modelId);

    /// <summary>The other silos' processes.</summary>
    public IReadOnlyList<NodeProcess> Nodes { get; }

    public IGrainFactory Grains => _silo.Grains;

    private IPlanGrain PlanGrain => _silo.Grains.GetGrain<IPlanGrain>(_modelId);

    /// <summary>One replica, cut into equal stages.</summary>
    public static Task<BenchmarkFog> StartAsync(IModelCatalog catalog, IStageEngineFactory engines, int stages, Action<ServingOptions> serving) =>
        StartAsync(new FogOptions { Catalog = catalog, Engines = engines, Devices = FogOptions.OneThreadDevices(stages), Serving = serving });

    /// <param name="options">Of the silo in this process.</param>
    /// <param name="remotes">The other silos; the first silo is filled in.</param>
    public static async Task<BenchmarkFog> StartAsync(FogOptions options, params NodeSpec[] remotes)
    {
        var silo = await BenchmarkSilo.StartAsync(options);
        List<NodeProcess> nodes = [];
        try
        {
            foreach (var remote in remotes)
                nodes.Add(await NodeProcess.StartAsync(remote with { Primary = $"{silo.Endpoint}" }));
            var fog = new BenchmarkFog(silo, [.. nodes], options.Catalog.Models[0].Id);
            DeviceSpec[] devices = [.. options.Devices, .. remotes.SelectMany(remote => remote.Devices)];
            await fog.SeeAsync([.. remotes.SelectMany(remote => remote.Devices)]);
            await fog.PlanGrain.ApplyAsync((options.Fleet ?? new FleetSpec { Name = "benchmark", Devices = [] }) with { Devices = [.. devices] });
            return fog;
        }
        catch
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Streams one answer; ending the enumeration stops it.</summary>
    public IAsyncEnumerable<TokenChunk> StreamAsync(GenerationRequest request, CancellationToken cancellationToken = default) =>
        _silo.Grains.GetGrain<IRequestGrain>(request.Id).RunAsync(request, cancellationToken);

    /// <summary>Makes the grains of requests that are to come.</summary>
    public Task MakeAsync(IEnumerable<GenerationRequest> requests) =>
        Task.WhenAll(requests.Select(request => _silo.Grains.GetGrain<IRequestGrain>(request.Id).GetAsync()));

    /// <summary>Runs one request to its end and returns its last chunk.</summary>
    public async Task<TokenChunk> RunAsync(GenerationRequest request)
    {
        TokenChunk? last = null;
        await foreach (var chunk in StreamAsync(request))
            last = chunk;
        return last is { Finish: FinishReason.Length } ? last : throw new InvalidOperationException($"The request ended with {last}.");
    }

    /// <summary>The network to a device's silo as the product measures it.</summary>
    public Task<(double BytesPerSecond, double LatencySeconds)> ProbeAsync(string device) =>
        new LinkProbe(new KvSenderOptions(), TimeProvider.System).MeasureAsync(_silo.Grains.GetGrain<IDeviceGrain>(device), CancellationToken.None);

    public Task<PlanStatus> StatusAsync() => PlanGrain.GetStatusAsync();

    /// <summary>Of every stage of every replica, in the order of the plan.</summary>
    public async Task<StageStatus[]> StagesAsync()
    {
        var status = await StatusAsync();
        return await Task.WhenAll(status.Plan!.Replicas.SelectMany((replica, which) => replica.Stages.Select((stage, index) => _silo.Grains
            .GetGrain<IStageGrain>(DeviceKey.Stage(status.ReplicaKeys[which], stage.DeviceId, index)).GetStatusAsync())));
    }

    public async ValueTask DisposeAsync()
    {
        if (Nodes.Count > 0)
            await PlanGrain.StopAsync();
        foreach (var node in Nodes)
            await node.DisposeAsync();
        await _silo.DisposeAsync();
    }

    /// <summary>Asks until every device is found: what a silo hosts becomes known to another one a moment after it has joined.</summary>
    private async Task SeeAsync(DeviceSpec[] devices)
    {
        using var limit = new CancellationTokenSource(Patience);
        foreach (var device in devices)
            while (!await IsSeenAsync(device.Id))
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }

    private async Task<bool> IsSeenAsync(string deviceId)
    {
        try
        {
            await _silo.Grains.GetGrain<IDeviceGrain>(deviceId).DescribeAsync();
            return true;
        }
        catch (DeviceUnavailableException)
        {
            return false;
        }
    }
}
