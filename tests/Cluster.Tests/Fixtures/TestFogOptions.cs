using E2LLM.Cluster.Tests.Faults;
using E2LLM.Core.Engines;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Plans;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.Fleets;

namespace E2LLM.Cluster.Tests.Fixtures;

/// <summary>What a test cluster is made of.</summary>
internal sealed record TestFogOptions
{
    /// <summary>The devices of each silo.</summary>
    public required IReadOnlyList<IReadOnlyList<DeviceSpec>> SiloDevices { get; init; }

    public required IStageEngineFactory Engines { get; init; }

    public required IDeviceProfiler Profiler { get; init; }

    public required IModelCatalog Catalog { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Null: the planning library, by name.</summary>
    public IPlanner? Planner { get; init; }

    public Action<ServingOptions> Serving { get; init; } = _ => { };

    public Action<RequestOptions> Requests { get; init; } = _ => { };

    /// <summary>How silos join the fleet by themselves; null: they do not, and a test applies its fleet.</summary>
    public FleetTimes? Joining { get; init; }

    /// <summary>Silos that are not started yet: the last ones.</summary>
    public int LateSilos { get; init; }

    /// <summary>What happens to calls on their way, on every silo and the client; null for a network that loses nothing.</summary>
    public GrainFaults? Faults { get; init; }

    /// <summary>What else a silo needs.</summary>
    public Action<ISiloBuilder> Silo { get; init; } = _ => { };
}
