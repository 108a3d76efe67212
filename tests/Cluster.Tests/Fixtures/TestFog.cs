using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Core.Statistics;
using E2LLM.Grains.Devices;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Fleets;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Interfaces.Requests;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Requests;
using E2LLM.Planning.Explanation;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.TestingHost;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>An in-process cluster of silos, each with its own devices; the messages between them are serialised as on a network.</summary>
internal sealed class TestFog : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;
    private readonly List<InProcessSiloHandle> _silos;

    private TestFog(InProcessTestCluster cluster, FleetSpec fleet, string modelId)
    {
        _cluster = cluster;
        _silos = [.. cluster.Silos];
        Fleet = fleet;
        ModelId = modelId;
    }

    public FleetSpec Fleet { get; }

    public string ModelId { get; }

    public IClusterClient Client => _cluster.Client;

    public IReadOnlyList<IServiceProvider> Silos => [.. _cluster.Silos.Select(silo => silo.ServiceProvider)];

    public IPlanGrain Plan => Client.GetGrain<IPlanGrain>(ModelId);

    public IRequestStatisticsGrain Statistics => Client.GetGrain<IRequestStatisticsGrain>(ModelId);

    public static async Task<TestFog> StartAsync(TestFogOptions options)
    {
        var builder = new InProcessTestClusterBuilder((short)(options.SiloDevices.Count - options.LateSilos));
        builder.ConfigureSilo((silo, orleans) =>
        {
            // The host names silos in the order of their start: "Silo_0", …
            var index = int.Parse(silo.SiloName.AsSpan(silo.SiloName.LastIndexOf('_') + 1));
            orleans.AddE2LlmGrains(new LocalDevices(options.SiloDevices[index]));
            orleans.AddMemoryGrainStorage(JournalStorage.ProviderName);
            orleans.Services.AddSingleton(options.Engines);
            orleans.Services.AddSingleton(options.Profiler);
            orleans.Services.AddSingleton(options.Catalog);
            orleans.Services.AddSingleton(options.Time);
            orleans.Services.AddSingleton<IPlanAdvisor>(options.Planner is { } planner ? new OnePlanner(planner) : new PlanAdvisor());
            orleans.Services.Configure(options.Serving);
            orleans.Services.Configure(options.Requests);
            options.Faults?.AddTo(orleans.Services);
            if (options.Joining is { } times)
                Join(orleans, times, options, index);
            options.Silo(orleans);
        });
        builder.ConfigureClient(client => options.Faults?.AddTo(client.Services));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        var fleet = new FleetSpec { Name = "test", Devices = [.. options.SiloDevices.SelectMany(devices => devices)] };
        return new TestFog(cluster, fleet, options.Catalog.Models[0].Id);
    }

    public static async Task<TestFog> ServeAsync(TestFogOptions options)
    {
        var fog = await StartAsync(options);
        try
        {
            await fog.Plan.ApplyAsync(fog.Fleet);
            return fog;
        }
        catch
        {
            await fog.DisposeAsync();
            throw;
        }
    }

    /// <summary>The silo that a grain lives on, by its place in <see cref="TestFogOptions.SiloDevices"/>; -1 where it is not active.</summary>
    public async Task<int> SiloOfAsync(IAddressable grain)
    {
        var address = await Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        return _silos.FindIndex(silo => silo.SiloAddress.Equals(address));
    }

    /// <summary>Takes a silo away without a word.</summary>
    public Task KillSiloAsync(int silo) => _cluster.KillSiloAsync(_silos[silo]);

    /// <summary>Stops a silo in its own time.</summary>
    public Task StopSiloAsync(int silo) => _cluster.StopSiloAsync(_silos[silo]);

    /// <summary>Starts the next of the silos that were kept back.</summary>
    public async Task StartSiloAsync() => _silos.Add(await _cluster.StartAdditionalSiloAsync());

    /// <summary>The fleet that silos join by themselves, asked for until it is as it is waited for; gives up after half a minute.</summary>
    public async Task<FleetStatus> FleetAsync(Func<FleetStatus, bool> isThere)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var status = await Client.GetGrain<IFleetGrain>(ModelId).GetStatusAsync();
            if (isThere(status))
                return status;
            Assert.False(limit.IsCancellationRequested, string.Join('\n', status.Devices));
        }
    }

    /// <summary>The plan, asked for until it is as it is waited for; gives up after half a minute.</summary>
    public async Task<PlanStatus> PlannedAsync(Func<PlanStatus, bool> isThere)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var status = await Plan.GetStatusAsync();
            if (isThere(status))
                return status;
            Assert.False(limit.IsCancellationRequested, $"{status.Phase} {status.Error}\n{string.Join('\n', status.Plan?.Replicas ?? [])}");
        }
    }

    public IRequestGrain Request(string id) => Client.GetGrain<IRequestGrain>(id);

    /// <summary>What a stage on the first device is loaded with that no plan knows of: the first four layers.</summary>
    public StageAssignment FirstStage(string replicaId, long generation, long epoch, double leaseSeconds) => new()
    {
        Generation = generation,
        Epoch = epoch,
        StageIndex = 0,
        Engine = new StageEngineSpec
        {
            ModelId = ModelId,
            Device = Fleet.Devices[0],
            FirstLayer = 0,
            LayerCount = 4,
            Settings = new EngineSettings(),
        },
        ReplicaKey = DeviceKey.Replica(Fleet.Devices[0].Id, ModelId, generation, replicaId),
        HiddenWidth = Synthetic.Model.EmbeddingLength,
        StepLimit = new StepTimeLimit(10, 0, 0),
        LeaseSeconds = leaseSeconds,
    };

    /// <summary>Runs a request to its end.</summary>
    public Task<Answer> RunAsync(GenerationRequest request) => RunAsync(request, Client);

    /// <summary>As <see cref="RunAsync(GenerationRequest)"/>, read from a silo as a gateway does, or from any other client.</summary>
    public static async Task<Answer> RunAsync(GenerationRequest request, IGrainFactory reader)
    {
        List<int> tokens = [];
        TokenChunk? last = null;
        await foreach (var chunk in reader.GetGrain<IRequestGrain>(request.Id).RunAsync(request))
        {
            Assert.Equal(tokens.Count, chunk.FirstIndex);
            tokens.AddRange(chunk.Tokens);
            last = chunk;
        }
        return new Answer(tokens, last ?? throw new InvalidOperationException("The stream was empty."));
    }

    /// <summary>The stages of every replica. Steps run in order, so after a finished request they have seen all that came before it.</summary>
    public async Task<StageStatus[]> StagesAsync(ServingPlan? of = null) => [.. (await StagesByReplicaAsync(of)).SelectMany(stages => stages)];

    /// <summary>As <see cref="StagesAsync"/>, one entry a replica, in the order of the plan.</summary>
    public async Task<StageStatus[][]> StagesByReplicaAsync(ServingPlan? of = null)
    {
        var status = await Plan.GetStatusAsync();
        var plan = of ?? status.Plan!;
        return await Task.WhenAll(plan.Replicas.Select((replica, index) => StagesOfAsync(replica, of is null
            ? status.ReplicaKeys[index]
            : DeviceKey.Replica(replica.Stages[0].DeviceId, ModelId, plan.Generation, replica.Id))));
    }

    private Task<StageStatus[]> StagesOfAsync(ReplicaPlan replica, string key) => Task.WhenAll(replica.Stages.Select((stage, index) =>
        Client.GetGrain<IStageGrain>(DeviceKey.Stage(key, stage.DeviceId, index)).GetStatusAsync()));

    /// <summary>What the replicas say when they are asked; what the plan says of them may be a second old.</summary>
    public async Task<IReadOnlyList<ReplicaStatus>> ReplicasAsync() => await Task.WhenAll(
        (await Plan.GetStatusAsync()).ReplicaKeys.Select(key => Client.GetGrain<IReplicaGrain>(key).GetStatusAsync()));

    /// <summary>Asks until no request and no step is left, and gives up after half a minute.</summary>
    public async Task<ReplicaStatus> DrainedAsync() => Assert.Single(await AllDrainedAsync());

    /// <summary>As <see cref="DrainedAsync"/>, of all replicas.</summary>
    public async Task<IReadOnlyList<ReplicaStatus>> AllDrainedAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var replicas = await ReplicasAsync();
            if (replicas.All(replica => replica is { QueuedRequests: 0, RunningRequests: 0, StepsInFlight: 0 }))
                return replicas;
            Assert.False(limit.IsCancellationRequested, string.Join('\n', replicas));
        }
    }

    /// <summary>Asks until the only replica has run so many steps, and gives up after half a minute.</summary>
    public async Task RanAsync(long steps)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await ReplicasAsync())[0].CompletedSteps < steps)
            limit.Token.ThrowIfCancellationRequested();
    }

    /// <summary>Asks until a request waits in the only replica's queue, and gives up when the caller's call ends first.</summary>
    public async Task QueuedAsync(Task call)
    {
        while ((await ReplicasAsync())[0].QueuedRequests == 0)
            Assert.False(call.IsCompleted);
    }

    /// <summary>Asks until the request's journal says that it is done, and gives up after half a minute.</summary>
    public async Task<RequestRecord> DoneAsync(string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (await Request(id).GetAsync() is { Phase: RequestPhase.Done } record)
                return record;
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Asks until so many requests are counted, and gives up after half a minute: requests tell of their ends on their own time.</summary>
    public async Task<RequestStatistics> CountedAsync(int requests)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            if (await Statistics.GetAsync() is { } statistics && statistics.Whole.Requests >= requests)
                return statistics;
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static void Join(ISiloBuilder silo, FleetTimes times, TestFogOptions options, int index)
    {
        silo.Services.AddSingleton<IOptions<FleetTimes>>(new OptionsWrapper<FleetTimes>(times));
        silo.AddE2LlmFleet(new LocalFleet
        {
            ModelId = options.Catalog.Models[0].Id,
            Fleet = new FleetSpec { Name = "test", Devices = [.. options.SiloDevices[index]] },
        });
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();
}
