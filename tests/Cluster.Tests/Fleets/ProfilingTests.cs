using System.Collections.Concurrent;
using E2LLM.Cluster.Tests.Fixtures;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Cluster.Tests.Fleets;

/// <summary>Devices of one machine would time each other's noise; those of others need not wait for them.</summary>
public sealed class ProfilingTests
{
    [Fact]
    public async Task Join_OfSeveralMachines_ProfilesThemAtOnceAndEachOnesDevicesOneByOne()
    {
        var small = Synthetic.ThreeDevices().SiloDevices[0][0];
        var options = Synthetic.Options([[small with { Id = "a1" }, small with { Id = "a2" }], [small with { Id = "b1" }, small with { Id = "b2" }]]);
        var profiler = new MeetingProfiler(options.Profiler);
        await using var fog = await TestFog.StartAsync(options with
        {
            Profiler = profiler,
            Planner = new PairPlanner(),
            Joining = new FleetTimes { MinimumSilos = 2, SettleSeconds = 0.2 },
        });

        await fog.PlannedAsync(status => status.Phase == PlanPhase.Ready);

        Assert.Equal(1, profiler.MostAtOnceOnAMachine);
    }

    /// <summary>Ends no device's profile before one of the other machine has begun.</summary>
    private sealed class MeetingProfiler(IDeviceProfiler inner) : IDeviceProfiler
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

        private readonly ConcurrentDictionary<char, int> _running = [];
        private readonly ConcurrentDictionary<char, TaskCompletionSource> _begun = new(
            "ab".Select(machine => KeyValuePair.Create(machine, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))));

        private int _most;

        public int MostAtOnceOnAMachine => _most;

        public async Task<DeviceProfile> ProfileAsync(DeviceSpec device, string modelId, CancellationToken cancellationToken)
        {
            var machine = device.Id[0];
            var running = _running.AddOrUpdate(machine, 1, (_, count) => count + 1);
            InterlockedMax(running);
            _begun[machine].TrySetResult();
            await _begun[machine == 'a' ? 'b' : 'a'].Task.WaitAsync(Patience, cancellationToken);
            var profile = await inner.ProfileAsync(device, modelId, cancellationToken);
            _running.AddOrUpdate(machine, 0, (_, count) => count - 1);
            return profile;
        }

        private void InterlockedMax(int value)
        {
            for (var seen = _most; seen < value; seen = _most)
                Interlocked.CompareExchange(ref _most, value, seen);
        }
    }
}
