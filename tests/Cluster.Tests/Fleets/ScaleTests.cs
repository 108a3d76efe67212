using System.Collections.Concurrent;
using E2LLM.Cluster.Tests.Faults;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Cluster.Tests.HandOff;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.DependencyInjection;

namespace E2LLM.Cluster.Tests.Fleets;

/// <summary>What a request costs does not depend on how many devices there are. Larger fogs, and their times: tests/Benchmarks -- scale.</summary>
public sealed class ScaleTests
{
    private const int Silos = 3;
    private const int Requests = 6;

    /// <summary>Said at a period by everybody who is there, or once a plan has been taken up, whether anybody asks for anything or not.</summary>
    private static readonly string[] OfNoRequest =
    [
        "IFleetGrain.RenewAsync", "IFleetGrain.ReportLinkAsync", "IStageGrain.RenewAsync", "IPlanGrain.ReportReplicaAsync", "IReplicaGrain.WantAsync",
        "IDeviceGrain.PingAsync", "IDeviceGrain.OpenProbeAsync",
        "IDeviceGrain.SweepStagesAsync",
    ];

    /// <summary>A part whose end is known before the reply that it was taken is said to have ended once more: that may come to a request or none.</summary>
    private static readonly string[] NowAndThen = ["IReplicaGrain.EndPartAsync"];

    [Fact]
    public async Task Request_InAFleetOfFiveTimesTheDevices_TakesAsManyCalls()
    {
        var few = await CallsAsync(devices: 10);
        var many = await CallsAsync(devices: 50);

        // A word that an answer has begun may come with the next one or before it.
        var (fewCalls, manyCalls) = (few.Values.Sum(), many.Values.Sum());
        Assert.True(manyCalls <= 1.1 * fewCalls, $"{fewCalls} calls with 10 devices, {manyCalls} with 50:\n{Describe(few)}\n\n{Describe(many)}");
        Assert.Equal(few.Keys.Except(NowAndThen).Order(), many.Keys.Except(NowAndThen).Order());
    }

    /// <summary>Calls of some requests, one after the other, less what is said without any.</summary>
    private static async Task<Dictionary<string, int>> CallsAsync(int devices)
    {
        var small = Synthetic.ThreeDevices().SiloDevices[0][0];
        var counter = new Counter();
        await using var fog = await TestFog.StartAsync(Synthetic.Options(
            [
                .. Enumerable.Range(0, devices).GroupBy(device => device % Silos)
                    .Select(silo => silo.Select(device => small with { Id = $"d{device}" }).ToArray()),
            ]) with
        {
            Planner = new PairPlanner(),
            // Links that are measured later would have the fleet planned anew while requests are counted.
            Joining = new FleetTimes { MinimumSilos = Silos, SettleSeconds = 600 },
            Silo = silo => silo.Services.AddSingleton<IOutgoingGrainCallFilter>(counter),
        });
        await fog.PlannedAsync(status => status.Phase == PlanPhase.Ready && status.Replicas.Length == devices / 2 && status.Replicas.All(replica => replica.IsServing));
        await RunAsync(fog, "warm");
        counter.Begin();
        await RunAsync(fog, "counted");
        return counter.End();
    }

    private static async Task RunAsync(TestFog fog, string name)
    {
        for (var index = 0; index < Requests; index++)
        {
            var request = Synthetic.Request($"{name}{index}", promptTokens: 20, maxTokens: 20);
            SplitFog.AssertExact(request, await TestFog.RunAsync(request, fog.Silos[0].GetRequiredService<IGrainFactory>()));
            await fog.DoneAsync(request.Id);
        }
    }

    private static string Describe(Dictionary<string, int> calls) => string.Join('\n', calls.OrderBy(call => call.Key, StringComparer.Ordinal).Select(call => $"{call.Key} {call.Value}"));

    private sealed class Counter : IOutgoingGrainCallFilter
    {
        private readonly CallNames _names = new();
        private readonly ConcurrentDictionary<string, int> _calls = [];
        private volatile bool _isOn;

        public void Begin() => _isOn = true;

        public Dictionary<string, int> End()
        {
            _isOn = false;
            return new(_calls);
        }

        public Task Invoke(IOutgoingGrainCallContext call)
        {
            var name = _names.Of(call);
            if (_isOn && name is not null && !OfNoRequest.Contains(name))
                _calls.AddOrUpdate(name, 1, (_, count) => count + 1);
            return call.Invoke();
        }
    }
}
