using System.Diagnostics.CodeAnalysis;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Plans;

/// <summary>
/// A model's plan: asks the devices for their profiles, the planner for a plan (on the pool, never in a turn), and starts the replicas.
/// </summary>
[GrainType("plan"), KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "Grains are torn down in OnDeactivateAsync.")]
public sealed partial class PlanGrain(
    [PersistentState("plan", JournalStorage.ProviderName)] IPersistentState<PlanJournal> journal,
    IModelCatalog catalog,
    IPlanAdvisor advisor,
    IRoutingPolicy routing,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<PlanGrain> logger) : Grain, IPlanGrain
{
    /// <summary>Enough to roll back over a bad day, and small enough to write whole.</summary>
    private const int KeptPlans = 8;

    private long _replicaStarts;
    private PlanStatus _status = new() { Phase = PlanPhase.None };

    private string ModelId => this.GetPrimaryKeyString();

    public Task<PlanStatus> ApplyAsync(FleetSpec fleet)
    {
        if (_status.Phase == PlanPhase.Ready && _status.Fleet == fleet)
            return GetStatusAsync();
        return ServeAsync(async () =>
        {
            var model = catalog.Find(ModelId) ?? throw new ConfigurationException(
                $"Model '{ModelId}' is not in this silo's catalog. It has: {string.Join(", ", catalog.Models.Select(known => known.Id))}.");
            await ProfileAsync(fleet, model);
            _status = _status with { Phase = PlanPhase.Planning };
            return await PlanAsync(new PlanWish());
        });
    }

    public async Task<PlanStatus> GetStatusAsync() => _status with { Replicas = [.. await ReplicaStatusAsync()] };

    public Task StopAsync() => StopReplicasAsync(_status.Phase == PlanPhase.None ? PlanPhase.None : PlanPhase.Stopped);

    private async Task StopReplicasAsync(PlanPhase next)
    {
        var stopping = _status.ReplicaKeys;
        // Fleet and profiles stay: a proposal can be made, and a plan applied, while nothing is served.
        _status = _status with { Phase = next, Plan = null, Explanation = [], ReplicaKeys = [], Error = "" };
        ForgetOutages();
        _changed.Pulse();
        await Task.WhenAll(stopping.Select(StopReplicaAsync));
    }

    private async Task StopReplicaAsync(string key)
    {
        try
        {
            await GrainFactory.GetGrain<IReplicaGrain>(key).StopAsync();
        }
        catch (Exception exception)
        {
            // Its silo is gone, and the slices with it.
            LogStopFailed(exception, key);
        }
    }

    private async Task ProfileAsync(FleetSpec fleet, ModelSpec model)
    {
        _status = new PlanStatus { Phase = PlanPhase.Profiling, Fleet = fleet, Model = model };
        var profiles = new List<DeviceProfile>();
        // One after the other: devices that share a machine would only time each other's noise.
        foreach (var device in fleet.Devices)
            profiles.Add(await GrainFactory.GetGrain<IDeviceGrain>(device.Id).ProfileAsync(model.Id));
        _status = _status with { Profiles = [.. profiles] };
    }

    /// <summary>Runs a planner on the pool, and keeps what it finds under a new generation.</summary>
    private async Task<ServingPlan> PlanAsync(PlanWish wish)
    {
        var request = Request(wish);
        var planner = advisor.FindPlanner(wish.Planner ?? options.Value.Planner);
        var plan = await Task.Run(() => planner.Plan(request, CancellationToken.None));
        KvRules.ThrowIfUnservable(plan, request.Model);
        return await KeepAsync(plan);
    }

    private PlanRequest Request(PlanWish wish) => new()
    {
        Fleet = _status.Fleet!,
        Model = _status.Model!,
        Profiles = _status.Profiles,
        Engine = options.Value.SettingsFor(_status.Model!, _status.Profiles),
        Seed = wish.Seed,
        Workload = wish.Workload ?? options.Value.Workload,
        Objective = wish.Objective ?? options.Value.Objective,
    };

    private async Task<ServingPlan> KeepAsync(ServingPlan plan)
    {
        plan = plan with { Generation = ++journal.State.Generation };
        journal.State.Plans = [plan, .. journal.State.Plans.Take(KeptPlans - 1)];
        await journal.WriteStateAsync();
        LogPlanned(ModelId, plan.Generation, plan.Planner, plan.Replicas.Length, plan.Unused.Length);
        return plan;
    }

    /// <summary>Stops what is being served, gets a plan, and serves by it. A failure is what the status says from then on.</summary>
    private async Task<PlanStatus> ServeAsync(Func<Task<ServingPlan>> getPlan)
    {
        // Requests that the old replicas let go wait for the new ones.
        await StopReplicasAsync(PlanPhase.Planning);
        try
        {
            await LoadAsync(await getPlan());
            return await GetStatusAsync();
        }
        catch (Exception exception)
        {
            if (exception is E2LlmException expected)
                LogRefused(ModelId, _status.Phase, expected.Message);
            else
                LogFailed(exception, ModelId, _status.Phase);
            _status = _status with { Phase = PlanPhase.Failed, Error = exception.Message };
            _changed.Pulse();
            throw;
        }
    }

    private async Task LoadAsync(ServingPlan plan)
    {
        var request = Request(new PlanWish());
        _status = _status with
        {
            Phase = PlanPhase.Loading,
            Plan = plan,
            Explanation = await Task.Run(() => advisor.Explain(request, plan)),
            ReplicaKeys =
            [
                .. plan.Replicas.Select(replica => DeviceKey.Replica(replica.Stages[0].DeviceId, ModelId, plan.Generation, replica.Id)),
            ],
        };
        await Task.WhenAll(_status.ReplicaKeys.Select((_, index) => StartReplicaAsync(index)));
        _status = _status with { Phase = PlanPhase.Ready, Error = "" };
        _changed.Pulse();
    }

    private Task StartReplicaAsync(int index) => GrainFactory.GetGrain<IReplicaGrain>(_status.ReplicaKeys[index]).StartAsync(new ReplicaAssignment
    {
        Generation = _status.Plan!.Generation,
        Model = _status.Model!,
        Plan = _status.Plan.Replicas[index],
        Fleet = _status.Fleet!,
        Start = ++_replicaStarts,
    });

    private Task<ReplicaStatus[]> ReplicaStatusAsync() => Task.WhenAll(_status.ReplicaKeys.Select(StatusOfAsync));
}
