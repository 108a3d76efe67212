using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Kv;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Devices;

/// <summary>A device of the fleet. Key: its stable id. Lives on the silo that hosts the device.</summary>
[Alias("E2LLM.IDeviceGrain")]
public interface IDeviceGrain : IGrainWithStringKey
{
    /// <summary>What the device is.</summary>
    /// <exception cref="Core.Errors.DeviceUnavailableException">No live silo hosts it.</exception>
    [Alias("Describe")]
    Task<DeviceStatus> DescribeAsync();

    /// <summary>Does nothing: what the way there and back takes is the caller's to measure.</summary>
    [Alias("Ping"), AlwaysInterleave]
    Task PingAsync();

    /// <summary>Opens the data port of the device's silo for one measurement of the network to it.</summary>
    [Alias("OpenProbe"), AlwaysInterleave]
    Task<KvDestination> OpenProbeAsync();

    /// <summary>How fast the device is with the layers of a model; timed on the first call, on the device itself.</summary>
    [Alias("Profile"), ResponseTimeout("00:30:00")]
    Task<DeviceProfile> ProfileAsync(string modelId);

    /// <summary>Unloads the model's stages on this device that no plan names any more, whoever has forgotten them.</summary>
    /// <param name="modelId">Stages of other models are left alone.</param>
    /// <param name="named">Keys of the stages that may stay.</param>
    /// <param name="generation">Stages of plans that came after this one are left alone: a sweep may be late.</param>
    /// <returns>How many were unloaded.</returns>
    [Alias("SweepStages"), AlwaysInterleave, ResponseTimeout("00:05:00")]
    Task<int> SweepStagesAsync(string modelId, ImmutableHashSet<string> named, long generation);
}
