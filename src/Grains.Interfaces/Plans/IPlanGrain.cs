using System.Collections.Immutable;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using Orleans.Concurrency;

namespace E2LLM.Grains.Interfaces.Plans;

/// <summary>The plan of one model. Key: the model's id.</summary>
[Alias("E2LLM.IPlanGrain")]
public interface IPlanGrain : IGrainWithStringKey
{
    /// <summary>
    /// Profiles the fleet's devices, plans, and changes over to the plan: replicas that it shares with the one before stay, the others
    /// are replaced. Ends when every replica has been tried. Until there is a plan that has passed its checks, nothing is touched: where
    /// there is none, what serves goes on serving.
    /// </summary>
    /// <remarks>With the fleet that is being served already, it does nothing.</remarks>
    /// <exception cref="Core.Errors.PlanningException">The fleet cannot hold the model, or everything was stopped meanwhile.</exception>
    /// <exception cref="Core.Errors.DeviceUnavailableException">No live silo hosts one of the devices.</exception>
    /// <exception cref="Core.Errors.E2LlmException">None of the replicas could be loaded: the reason of the first one.</exception>
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
    /// <exception cref="Core.Errors.PlanningException">
    /// No plan of this generation is kept, or it needs a device that the fleet lacks. What serves goes on serving.
    /// </exception>
    [Alias("ApplyPlan"), ResponseTimeout("00:30:00")]
    Task<PlanStatus> ApplyPlanAsync(long generation);

    /// <summary>What is planned, and what the replicas have said of themselves: at most a second old, and no replica is asked.</summary>
    [Alias("GetStatus"), AlwaysInterleave, ReadOnly]
    Task<PlanStatus> GetStatusAsync();

    /// <summary>
    /// The replicas that shall serve a request of this size, by what they have reported and what has been sent to them since. Where none
    /// serves, it waits a while for one.
    /// </summary>
    /// <returns>Null where none came back yet: the caller may ask again.</returns>
    /// <exception cref="Core.Errors.OverloadedException">The model is not being served.</exception>
    /// <exception cref="Core.Errors.RequestRejectedException">The request is too long for every replica.</exception>
    [Alias("Route"), AlwaysInterleave]
    Task<ReplicaRoute?> RouteAsync(RouteQuery query);

    /// <summary>
    /// From a replica: how it is. Where it serves no more, requests go elsewhere while the plan starts it anew; where no plan has it, it
    /// is stopped.
    /// </summary>
    [Alias("ReportReplica"), AlwaysInterleave]
    Task ReportReplicaAsync(ReplicaReport report);

    /// <summary>Stops the replicas and frees their engines, whatever is being planned meanwhile.</summary>
    [Alias("Stop"), AlwaysInterleave]
    Task StopAsync();
}
