using E2LLM.Core.Fleets;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Fleets;

/// <summary>The devices that may serve a model: what silos offer, less what somebody has ordered away. Key: the model's id.</summary>
[Alias("E2LLM.IFleetGrain")]
public interface IFleetGrain : IGrainWithStringKey
{
    /// <summary>A silo brings its devices, at its start and whenever what it brings has changed.</summary>
    [Alias("Offer"), AlwaysInterleave]
    Task<OfferAnswer> OfferAsync(SiloOffer offer);

    /// <summary>A silo is still there.</summary>
    /// <returns>What it is to do next.</returns>
    [Alias("Renew"), AlwaysInterleave]
    Task<RenewAnswer> RenewAsync(string silo, long incarnation);

    /// <summary>A silo stops in its own time.</summary>
    [Alias("Leave"), AlwaysInterleave]
    Task LeaveAsync(string silo, long incarnation);

    /// <summary>What was measured between two silos.</summary>
    [Alias("ReportLink"), AlwaysInterleave]
    Task ReportLinkAsync(SiloLink link);

    /// <summary>All devices, and what became of the fleet that was made of them.</summary>
    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<FleetStatus> GetStatusAsync();

    /// <summary>Orders a device away, or back; the plan follows by itself. The order is stored before this ends.</summary>
    /// <returns>The fleet after it.</returns>
    /// <exception cref="Core.Errors.ConfigurationException">No silo hosts the device; names those that there are.</exception>
    [Alias("Order"), AlwaysInterleave]
    Task<FleetStatus> OrderAsync(string deviceId, DeviceOrder order);
}
