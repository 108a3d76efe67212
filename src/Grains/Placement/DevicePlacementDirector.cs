using E2LLM.Core.Errors;
using Orleans.Runtime.Placement;

namespace E2LLM.Grains.Placement;

/// <summary>Places a grain on the live silo that hosts its device. Fails at once, and by name, where there is none.</summary>
public sealed class DevicePlacementDirector(DeviceSilos silos) : IPlacementDirector
{
    /// <exception cref="DeviceUnavailableException">No live silo hosts the device.</exception>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context) =>
        Task.FromResult(silos.Find(DeviceKey.DeviceOf(target.GrainIdentity.Key.ToString()!), context.GetCompatibleSilos(target)));
}
