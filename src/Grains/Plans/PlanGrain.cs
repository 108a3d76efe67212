using System.Collections.Immutable;
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
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Plans;

/// <summary>
/// A model's plan. What is to be done, <see cref="PlanMachine"/> decides; this grain gets it profiles and plans (from planners that run
/// on the pool, never in a turn), carries its effects out and tells it how that went.
/// </summary>
[GrainType("plan"), KeepAlive]
public sealed partial class PlanGrain(
    [PersistentState("plan", JournalStorage.ProviderName)] IPersistentState<PlanJournal> journal,
    IModelCatalog catalog,
    IPlanAdvisor advisor,
    IRoutingPolicy routing,
    IOptions<ServingOptions> options,
    TimeProvider time,
    ILogger<PlanGrain> logger) : Grain, IPlanGrain
{
    /// <summary>Pauses and silences are told apart by no less.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a call waits for a replica to come back. Below the time in which any grain call has to be answered.</summary>
    private static readonly TimeSpan RoutePatience = TimeSpan.FromSeconds(10);

    /// <summary>How long a silent replica, or a device that is swept, may take to answer. Nobody waits for it meanwhile.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(5);

    private readonly PlanStore _store = new(journal);
    private readonly AsyncSignal _changed = new();
    private readonly Dictionary<string, ReplicaStatus> _reports = [];
    private PlanMachine? _machine;
    private PlannedServing? _seen;
    private FleetSpec? _applied;
    private Exception? _firstFailure;
    private bool _isPumping;

    private string ModelId => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    private PlanMachine Machine => _machine ?? throw new InvalidOperationException("The grain has not been activated.");

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var times = new PlanTimes { DrainSeconds = options.Value.DrainSeconds, SilenceSeconds = options.Value.ReplicaSilenceSeconds };
        _machine = new PlanMachine(times, KeyOf, _store.Read().For(catalog.Find(ModelId)), NowSeconds);
        this.RegisterGrainTimer(
            () => Tell(machine => machine.Tick(NowSeconds)),
            new GrainTimerCreationOptions { DueTime = TickPeriod, Period = TickPeriod, Interleave = true });
        await base.OnActivateAsync(cancellationToken);
    }

    public Task<PlanStatus> ApplyAsync(FleetSpec fleet) =>
        _applied == fleet && Machine.Desired is { IsStopped: false } && Machine.IsServing
            ? GetStatusAsync()
            : ServeAsync(PlanActivity.Profiling, new DesiredServing { Fleet = fleet }, async attempt =>
            {
                var seen = await ProfileAsync(fleet);
                Machine.Proceed(attempt, PlanActivity.Planning);
                return seen with { Plan = await PlanAsync(seen, new PlanWish()) };
            });

    public Task<PlanStatus> ApplyPlanAsync(long generation)
    {
        var plan = Machine.Records.Plans.FirstOrDefault(kept => kept.Generation == generation) ?? throw new PlanningException(
            $"No plan of generation {generation} is kept for model '{ModelId}'. Kept are: {string.Join(", ", Machine.Records.Plans.Select(kept => kept.Generation))}.");
        var planned = Planned();
        foreach (var stage in plan.Replicas.SelectMany(replica => replica.Stages))
            if (planned.Fleet.Find(stage.DeviceId) is null)
                throw new PlanningException($"Plan {generation} uses device '{stage.DeviceId}', which fleet '{planned.Fleet.Name}' does not have.");
        var desired = new DesiredServing { Fleet = planned.Fleet, OfGeneration = generation };
        // Under a new generation: stages of the old one that linger somewhere can never be taken for its own.
        return ServeAsync(PlanActivity.Planning, desired, async _ => planned with { Plan = await KeepAsync(plan, planned.Model) });
    }

    public async Task<PlanProposal> ProposeAsync(PlanWish wish)
    {
        var planned = Planned();
        var running = planned.Plan;
        var plan = await PlanAsync(planned, wish);
        var request = Request(planned, wish);
        return await Task.Run(() => new PlanProposal
        {
            Plan = plan,
            Explanation = advisor.Explain(request, plan),
            Changes = running is null ? [] : advisor.Compare(request, running, plan),
        });
    }

    public Task<ImmutableArray<ServingPlan>> GetPlansAsync() => Task.FromResult(Machine.Records.Plans);

    public Task<PlanStatus> GetStatusAsync() => Task.FromResult(PlanStatusView.Of(Machine, _seen, _reports));

    public async Task<ReplicaRoute?> RouteAsync(RouteQuery query)
    {
        var changed = _changed.WaitAsync();
        if (TryRoute(query) is { } route)
            return route;
        try
        {
            await changed.WaitAsync(RoutePatience, time);
        }
        catch (TimeoutException)
        {
            return null;
        }

        return TryRoute(query);
    }

    public Task ReportReplicaAsync(ReplicaReport report)
    {
        var status = report.Status;
        _ = Tell(machine =>
        {
            if (machine.Report(status.Key, report.Start, report.Number, PlanStatusView.ToSnapshot(status), NowSeconds))
                _reports[status.Key] = status;
        });
        return Task.CompletedTask;
    }

    public async Task StopAsync()
    {
        await Tell(machine => machine.Stop(NowSeconds));
        await SettledAsync();
    }

    /// <returns>Null where nobody can serve the request now, but somebody may soon.</returns>
    private ReplicaRoute? TryRoute(RouteQuery query)
    {
        if (Machine.Route(routing, query.PromptTokens, query.MaxTokens, query.Avoid, NowSeconds) is var (prefill, decode))
            return new ReplicaRoute(prefill, prefill == decode ? null : decode);
        var phase = PlanStatusView.PhaseOf(Machine);
        return phase is PlanPhase.Ready or PlanPhase.Loading || (query.HasBegun && phase is PlanPhase.Profiling or PlanPhase.Planning)
            ? null
            : throw new OverloadedException($"Model '{ModelId}' is not being served now (plan: {phase}). {Machine.Error}".TrimEnd());
    }

    private PlannedServing Planned() => Machine.Planned
        ?? throw new PlanningException($"No fleet has been applied to model '{ModelId}' yet, so there is nothing to plan with.");

    private async Task<PlannedServing> ProfileAsync(FleetSpec fleet)
    {
        var model = catalog.Find(ModelId) ?? throw new ConfigurationException(
            $"Model '{ModelId}' is not in this silo's catalog. It has: {string.Join(", ", catalog.Models.Select(known => known.Id))}.");
        _seen = new PlannedServing { Fleet = fleet, Model = model, Profiles = [] };
        var profiles = new List<DeviceProfile>();
        // One after the other: devices that share a machine would only time each other's noise.
        foreach (var device in fleet.Devices)
            profiles.Add(await GrainFactory.GetGrain<IDeviceGrain>(device.Id).ProfileAsync(model.Id));
        return _seen = _seen with { Profiles = [.. profiles] };
    }

    /// <summary>Runs a planner on the pool, and keeps what it finds under a new generation.</summary>
    private async Task<ServingPlan> PlanAsync(PlannedServing from, PlanWish wish)
    {
        var request = Request(from, wish);
        var planner = advisor.FindPlanner(wish.Planner ?? options.Value.Planner);
        return await KeepAsync(await Task.Run(() => planner.Plan(request, CancellationToken.None)), from.Model);
    }

    private async Task<ServingPlan> KeepAsync(ServingPlan plan, ModelSpec model)
    {
        KvRules.ThrowIfUnservable(plan, model);
        plan = Machine.Keep(plan);
        await _store.WriteAsync(() => Machine.Records);
        LogPlanned(ModelId, plan.Generation, plan.Planner, plan.Replicas.Length, plan.Unused.Length);
        return plan;
    }

    private PlanRequest Request(PlannedServing from, PlanWish wish) => new()
    {
        Fleet = from.Fleet,
        Model = from.Model,
        Profiles = from.Profiles,
        Engine = options.Value.SettingsFor(from.Model, from.Profiles),
        Seed = wish.Seed,
        Workload = wish.Workload ?? options.Value.Workload,
        Objective = wish.Objective ?? options.Value.Objective,
    };

    /// <summary>Gets a plan while the old one serves, then changes over to it.</summary>
    private async Task<PlanStatus> ServeAsync(PlanActivity first, DesiredServing desired, Func<long, Task<PlannedServing>> getPlan)
    {
        var attempt = Machine.Begin(first);
        PlannedServing planned;
        try
        {
            planned = await getPlan(attempt);
            var request = Request(planned, new PlanWish());
            planned = planned with { Explanation = await Task.Run(() => advisor.Explain(request, planned.Plan!)) };
        }
        catch (Exception exception)
        {
            await Tell(machine => machine.Abandon(attempt, exception.Message, _seen is { Profiles.IsEmpty: false } ? _seen : null, NowSeconds));
            Log(exception);
            throw;
        }

        _firstFailure = null;
        var isTakenUp = false;
        await Tell(machine => isTakenUp = machine.ChangeOver(attempt, desired, planned, NowSeconds));
        if (isTakenUp)
            await SettledAsync();
        if (!isTakenUp || Machine.Desired is { IsStopped: true })
            throw new PlanningException($"Model '{ModelId}' was stopped while another plan was being put in place.");
        _applied = desired.Fleet;
        if (_firstFailure is not { } failure || Machine.Members.Any(member => member.Phase == ReplicaPhase.Running))
            return await GetStatusAsync();
        Log(failure);
        throw failure;
    }

    private async Task SettledAsync()
    {
        while (!Machine.IsSettled)
            await _changed.WaitAsync();
    }

    private void Log(Exception exception)
    {
        var phase = PlanStatusView.PhaseOf(Machine);
        if (exception is E2LlmException expected)
            LogRefused(ModelId, phase, expected.Message);
        else
            LogFailed(exception, ModelId, phase);
    }

    private string KeyOf(ReplicaPlan replica, long generation) =>
        DeviceKey.Replica(replica.Stages[0].DeviceId, ModelId, generation, replica.Id);
}
