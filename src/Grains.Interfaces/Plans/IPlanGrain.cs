using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>The plan of one model. Key: the model's id.</summary>
[Alias("E2LLM.IPlanGrain")]
public interface IPlanGrain : IGrainWithStringKey
{
    /// <summary>Profiles the fleet's devices, plans, loads the stages and starts the replicas; ends when they can serve.</summary>
    /// <remarks>With the fleet that is being served already, it does nothing.</remarks>
    /// <exception cref="Core.Errors.PlanningException">The fleet cannot hold the model.</exception>
    [Alias("Apply"), ResponseTimeout("00:30:00")]
    Task<PlanStatus> ApplyAsync(FleetSpec fleet);

    /// <summary>Plans the fleet that is being served anew, explains the result, and keeps it without applying it.</summary>
    /// <exception cref="Core.Errors.PlanningException">No fleet has been applied, or none of its plans can hold the model.</exception>
    /// <exception cref="Core.Errors.ConfigurationException">The planner's name is unknown.</exception>
    [Alias("Propose"), ResponseTimeout("00:30:00")]
    Task<PlanProposal> ProposeAsync(PlanWish wish);

    /// <summary>The latest plans, applied or proposed, newest first.</summary>
    [Alias("GetPlans"), AlwaysInterleave, ReadOnly]
    Task<ImmutableArray<ServingPlan>> GetPlansAsync();

    /// <summary>Serves by a plan that is kept: a proposal, or an earlier plan to roll back to. It gets a new generation.</summary>
    /// <exception cref="Core.Errors.PlanningException">No plan of this generation is kept, or it needs a device that the fleet lacks.</exception>
    [Alias("ApplyPlan"), ResponseTimeout("00:30:00")]
    Task<PlanStatus> ApplyPlanAsync(long generation);

    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<PlanStatus> GetStatusAsync();

    /// <summary>The replicas that shall serve a request of this size. Where all are out of service, it waits a while for one to come back.</summary>
    /// <returns>Null where none came back yet: the caller may ask again.</returns>
    /// <exception cref="Core.Errors.OverloadedException">The model is not being served.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request is too long for every replica.</exception>
    [Alias("Route"), AlwaysInterleave]
    Task<ReplicaRoute?> RouteAsync(RouteQuery query);

    /// <summary>From a replica: how it is. Where it serves no more, requests go elsewhere while the plan starts it anew.</summary>
    [Alias("ReportReplica"), AlwaysInterleave]
    Task ReportReplicaAsync(ReplicaReport report);

    /// <summary>Stops the replicas and frees their engines.</summary>
    [Alias("Stop")]
    Task StopAsync();
}
