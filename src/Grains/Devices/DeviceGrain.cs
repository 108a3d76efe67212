using System.Collections.Immutable;
using E2LLM.Core.Engines;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Fleets;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Stages;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Stages;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;

namespace E2LLM.Grains.Devices;

/// <summary>What a device is and can do. The timing itself runs in the profiler, off the grain's turn.</summary>
[OnDevice, Reentrant, GrainType("device"), Immovable]
public sealed partial class DeviceGrain(
    LocalDevices devices,
    LoadedStages stages,
    IDeviceProfiler profiler,
    KvDataPort dataPort,
    ILocalSiloDetails silo,
    SiloShutdown shutdown,
    ILogger<DeviceGrain> logger) : Grain, IDeviceGrain
{
    private readonly Dictionary<string, Task<DeviceProfile>> _profiles = [];

    private string Id => this.GetPrimaryKeyString();

    public Task<DeviceStatus> DescribeAsync() => Task.FromResult(new DeviceStatus
    {
        Spec = Spec(),
        Silo = silo.Name,
        Profiles = [.. _profiles.Values.Where(task => task.IsCompletedSuccessfully).Select(task => task.Result)],
        LoadedStages = stages.Keys.Count(key => DeviceKey.DeviceOf(key) == Id),
    });

    public Task PingAsync() => Task.CompletedTask;

    public Task<KvDestination> OpenProbeAsync() => Task.FromResult(LinkProbe.Open(dataPort));

    public async Task<DeviceProfile> ProfileAsync(string modelId)
    {
        if (!_profiles.TryGetValue(modelId, out var profile))
            _profiles[modelId] = profile = profiler.ProfileAsync(Spec(), modelId, CancellationToken.None);
        try
        {
            var result = await shutdown.WaitAsync(profile);
            LogProfiled(Id, modelId, result.Source, result.Decode[0].SecondsPerLayer * 1e3);
            return result;
        }
        catch
        {
            // The next caller tries anew: the model may have arrived meanwhile.
            _profiles.Remove(modelId);
            throw;
        }
    }

    public async Task<int> SweepStagesAsync(string modelId, ImmutableHashSet<string> named, long generation)
    {
        var unloaded = await Task.WhenAll(stages.Keys.Where(IsOrphan).Select(SweepAsync));
        return unloaded.Count(isUnloaded => isUnloaded);

        bool IsOrphan(string key) => DeviceKey.DeviceOf(key) == Id && DeviceKey.ModelOf(key) == modelId
            && DeviceKey.GenerationOf(key) <= generation && !named.Contains(key);
    }

    private async Task<bool> SweepAsync(string stageKey)
    {
        LogSwept(Id, stageKey);
        try
        {
            await GrainFactory.GetGrain<IStageGrain>(stageKey).UnloadAsync(long.MaxValue);
            return true;
        }
        catch (Exception exception)
        {
            // A hung engine keeps its memory whoever asks; the others are unloaded all the same.
            LogSweepFailed(exception, Id, stageKey);
            return false;
        }
    }

    private DeviceSpec Spec() => devices.Find(Id)
        ?? throw new DeviceUnavailableException($"Silo '{silo.Name}' does not host device '{Id}'. It hosts: {string.Join(", ", devices.Ids)}.");
}
