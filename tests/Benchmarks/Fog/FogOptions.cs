using System.Net;
using E2LLM.Clustering;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Plans;

namespace E2LLM.Benchmarks.Fog;

/// <summary>What a silo of a benchmark is made of.</summary>
internal sealed record FogOptions
{
    public required IModelCatalog Catalog { get; init; }

    public required IStageEngineFactory Engines { get; init; }

    public IDeviceProfiler Profiler { get; init; } = new NoProfiler();

    /// <summary>Those that this silo hosts.</summary>
    public required IReadOnlyList<DeviceSpec> Devices { get; init; }

    /// <summary>The devices' links; null: none that is emulated.</summary>
    public FleetSpec? Fleet { get; init; }

    /// <summary>Where other silos reach it.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Whether the silo takes in no grains but those of its devices.</summary>
    public bool HasDevicesOnly { get; init; }

    public IPlanAdvisor Planner { get; init; } = new EqualCut();

    public Action<ServingOptions> Serving { get; init; } = _ => { };

    /// <summary>How silos find each other; null: by the port of the first one.</summary>
    public ClusteringOptions? Clustering { get; init; }

    /// <summary>What else the silo needs.</summary>
    public Action<ISiloBuilder> Silo { get; init; } = _ => { };

    /// <summary>So many devices of one thread each, "d0", "d1", …</summary>
    public static DeviceSpec[] OneThreadDevices(int count) => [.. Enumerable.Range(0, count).Select(index => Device($"d{index}"))];

    public static DeviceSpec Device(string id, int threads = 1) => new() { Id = id, MemoryBytes = long.MaxValue, Threads = threads };
}
