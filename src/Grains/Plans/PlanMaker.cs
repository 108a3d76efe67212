using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Devices;
using E2LLM.Grains.Placement;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Protocols.Plans;

namespace E2LLM.Grains.Plans;

/// <summary>Makes plans of a model: profiles from the devices, a plan from a planner, and its checks. Changes nothing that serves.</summary>
internal sealed class PlanMaker(
    string modelId, IGrainFactory grains, DeviceSilos silos, IModelCatalog catalog, IPlanAdvisor advisor, ServingOptions options)
{
    /// <summary>Null where this silo does not know the model.</summary>
    public ModelSpec? Model => catalog.Find(modelId);

    /// <summary>The latest fleet that was looked at, and as much of its profiles as there is.</summary>
    public PlannedServing? Seen { get; private set; }

    /// <exception cref="ConfigurationException">The model is not in the catalog.</exception>
    /// <exception cref="E2LlmException">A device has no silo, or could not be timed.</exception>
    public async Task<PlannedServing> ProfileAsync(FleetSpec fleet)
    {
        var model = Model ?? throw new ConfigurationException(
            $"Model '{modelId}' is not in this silo's catalog. It has: {string.Join(", ", catalog.Models.Select(known => known.Id))}.");
        Seen = new PlannedServing { Fleet = fleet, Model = model, Profiles = [] };
        var profiles = new Dictionary<string, DeviceProfile>(StringComparer.Ordinal);
        // Silos that a real network lies between are machines of their own; others may be processes of this one.
        var machines = fleet.HasRealDefaultLink ? fleet.Devices.GroupBy(device => silos.Find(device.Id)) : fleet.Devices.GroupBy(_ => (SiloAddress?)null);
        await Task.WhenAll(machines.Select(ProfileMachineAsync));
        return Seen = Seen with { Profiles = [.. fleet.Devices.Select(device => profiles[device.Id])] };

        // One after the other: devices that share a machine would only time each other's noise.
        async Task ProfileMachineAsync(IEnumerable<DeviceSpec> devices)
        {
            foreach (var device in devices)
            {
                silos.Require(device.Id);
                profiles[device.Id] = await grains.GetGrain<IDeviceGrain>(device.Id).ProfileAsync(model.Id);
            }
        }
    }

    /// <summary>Runs a planner, on the pool.</summary>
    /// <param name="from">Fleet, model and profiles.</param>
    /// <param name="wish">What the plan is wanted for.</param>
    /// <param name="running">Replicas that are to be left as they are where other devices do as well.</param>
    /// <exception cref="PlanningException">There is no plan, or none that could be served.</exception>
    public async Task<ServingPlan> PlanAsync(PlannedServing from, PlanWish wish, IReadOnlyList<ReplicaPlan> running)
    {
        var request = Request(from, wish);
        var planner = advisor.FindPlanner(wish.Planner ?? options.Planner);
        var plan = await Task.Run(() => advisor.Align(request, planner.Plan(request, CancellationToken.None), running));
        Check(plan, from, request.TrustedEnds);
        return plan;
    }

    /// <exception cref="PlanningException">The plan cannot be served on the fleet.</exception>
    public void Check(ServingPlan plan, PlannedServing on) => Check(plan, on, options.TrustedEnds);

    private static void Check(ServingPlan plan, PlannedServing on, bool trustedEnds)
    {
        foreach (var stage in plan.Replicas.SelectMany(replica => replica.Stages))
            if (on.Fleet.Find(stage.DeviceId) is null)
                throw new PlanningException(
                    $"Plan {plan.Generation} uses device '{stage.DeviceId}', which fleet '{on.Fleet.Name}' does not have.");
        KvRules.ThrowIfUnservable(plan, on.Model);
        if (trustedEnds)
            TrustRules.ThrowIfUntrusted(plan, on.Fleet);
    }

    public Task<ImmutableArray<string>> ExplainAsync(PlannedServing planned, ServingPlan plan, PlanWish wish)
    {
        var request = Request(planned, wish);
        return Task.Run(() => advisor.Explain(request, plan));
    }

    public Task<ImmutableArray<string>> CompareAsync(PlannedServing running, ServingPlan candidate, PlanWish wish)
    {
        if (running.Plan is not { } plan)
            return Task.FromResult(ImmutableArray<string>.Empty);
        var request = Request(running, wish);
        return Task.Run(() => advisor.Compare(request, plan, candidate));
    }

    private PlanRequest Request(PlannedServing from, PlanWish wish)
    {
        var engine = options.SettingsFor(from.Model, from.Profiles);
        return new PlanRequest
        {
            Fleet = from.Fleet,
            Model = from.Model,
            Profiles = from.Profiles,
            Engine = engine,
            EngineChoices = options.ChoicesFor(engine),
            Seed = wish.Seed,
            Workload = wish.Workload ?? options.WorkloadFor(engine),
            Objective = wish.Objective ?? options.Objective,
            Targets = new ServiceTargets
            {
                TtftSeconds = options.TtftTargetSeconds,
                TpotSeconds = options.TpotTargetSeconds,
                Share = options.TargetShare,
            },
            TrustedEnds = wish.TrustedEnds ?? options.TrustedEnds,
            // What the check after planning would refuse is not planned.
            MixedOnly = KvRules.ClosingWindowTokens(from.Model, engine) is not null,
            // The others are left to what this silo serves meanwhile.
            MaxThreads = Math.Max(1, Environment.ProcessorCount - 1),
            MinimumTokensPerSecond = wish.MinimumTokensPerSecond ?? options.MinimumTokensPerSecond,
        };
    }
}
