using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Plans;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Grains.Placement;
using E2LLM.Grains.Requests;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Storage;

namespace E2LLM.Grains.Plans;

/// <summary>
/// A model's plan. What is to be done, <see cref="PlanMachine"/> decides; this grain gets it plans, tells it of events, writes its
/// records down, and then carries its effects out.
/// </summary>
[GrainType("plan"), Immovable, KeepAlive]
public sealed partial class PlanGrain(
    [PersistentState("plan", JournalStorage.ProviderName)] IPersistentState<PlanJournal> journal,
    IModelCatalog catalog,
    IPlanAdvisor advisor,
    IRoutingPolicy routing,
    IOptions<ServingOptions> options,
    TimeProvider time,
    SiloShutdown shutdown,
    DeviceSilos silos,
    ILogger<PlanGrain> logger) : Grain, IPlanGrain
{
    /// <summary>Pauses and silences are told apart by no less.</summary>
    private static readonly TimeSpan TickPeriod = TimeSpan.FromSeconds(0.25);

    /// <summary>How long a call waits for a replica to come back. Below the time in which any grain call has to be answered.</summary>
    private static readonly TimeSpan RoutePatience = TimeSpan.FromSeconds(10);

    private readonly PlanStore _store = new(journal);
    private readonly AsyncSignal _changed = new();
    private readonly Dictionary<string, ReplicaStatus> _reports = [];
    private PlanMachine? _machine;
    private PlanMaker? _maker;
    private PlanCalls? _calls;
    private FleetSpec? _applied;
    private bool _isPumping;

    /// <summary>Whether the store did not answer when it was to be told last; the next tick tells it.</summary>
    private bool _isUnwritten;

    private string ModelId => this.GetPrimaryKeyString();

    private double NowSeconds => time.GetTimestamp() / (double)time.TimestampFrequency;

    private PlanMachine Machine => _machine ?? throw NotActivated();

    private PlanMaker Maker => _maker ?? throw NotActivated();

    private PlanCalls Calls => _calls ?? throw NotActivated();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _maker = new PlanMaker(ModelId, GrainFactory, silos, catalog, advisor, options.Value);
        _calls = new PlanCalls(ModelId, GrainFactory, silos, _reports, time, logger);
        var times = new PlanTimes { DrainSeconds = options.Value.DrainSeconds, SilenceSeconds = options.Value.ReplicaSilenceSeconds };
        _machine = new PlanMachine(times, KeyOf, _store.Read().For(_maker.Model, options.Value.TrustedEnds), NowSeconds);
        this.RegisterGrainTimer(
            () => TellAsync(machine => machine.Tick(NowSeconds, silos.Hosted())),
            new GrainTimerCreationOptions { DueTime = TickPeriod, Period = TickPeriod, Interleave = true });
        await base.OnActivateAsync(cancellationToken);
    }

    /// <summary>What is still being written would make the records of whoever looks after the plan next outdated.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _store.WrittenAsync().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<PlanStatus> ApplyAsync(FleetSpec fleet)
    {
        // Not after a restart: devices and options may have changed, so the fleet is profiled and planned anew.
        var isServed = _applied == fleet && Machine.Desired is { IsStopped: false } now && now.Fleet == fleet && Machine.IsServing;
        return isServed ? GetStatusAsync() : shutdown.WaitAsync(ServeAsync(PlanActivity.Profiling, new DesiredServing { Fleet = fleet }, async attempt =>
        {
            var seen = await Maker.ProfileAsync(fleet);
            Machine.Proceed(attempt, PlanActivity.Planning);
            return seen with { Plan = await Maker.PlanAsync(seen, new PlanWish(), Running()) };
        }));
    }

    public Task<PlanStatus> ApplyPlanAsync(long generation)
    {
        var plans = Machine.Records.Plans;
        var plan = plans.FirstOrDefault(kept => kept.Generation == generation) ?? throw new PlanningException(
            $"No plan of generation {generation} is kept for model '{ModelId}'. Kept are: {string.Join(", ", plans.Select(kept => kept.Generation))}.");
        var planned = Planned();
        Maker.Check(plan, planned);
        var desired = new DesiredServing { Fleet = planned.Fleet, OfGeneration = generation };
        return shutdown.WaitAsync(ServeAsync(PlanActivity.Planning, desired, _ => Task.FromResult(planned with { Plan = plan })));
    }

    public Task<PlanProposal> ProposeAsync(PlanWish wish) => shutdown.WaitAsync(GetProposalAsync(wish));

    private async Task<PlanProposal> GetProposalAsync(PlanWish wish)
    {
        var planned = Planned();
        var plan = await KeepAsync(await Maker.PlanAsync(planned, wish, Running()));
        return new PlanProposal
        {
            Plan = plan,
            Explanation = await Maker.ExplainAsync(planned, plan, wish),
            Changes = await Maker.CompareAsync(planned, plan, wish),
        };
    }

    public Task<ImmutableArray<ServingPlan>> GetPlansAsync() => Task.FromResult(Machine.Records.Plans);

    public Task<PlanStatus> GetStatusAsync() => Task.FromResult(
        PlanStatusView.Of(Machine, Maker.Seen, _reports) with { ModelFault = Calls.ModelFault?.Message ?? "" });

    public async Task<ReplicaRoute?> RouteAsync(RouteQuery query)
    {
        var changed = _changed.WaitAsync();
        if (TryRoute(query) is { } route)
            return route;
        try
        {
            await changed.WaitAsync(RoutePatience, time, shutdown.Begun);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            return null;
        }

        return TryRoute(query);
    }

    public Task ReportReplicaAsync(ReplicaReport report)
    {
        var status = report.Status;
        _ = TellAsync(machine =>
        {
            if (machine.Report(status.Key, report.Start, report.Number, PlanStatusView.ToSnapshot(status), NowSeconds))
                _reports[status.Key] = status;
        });
        return Task.CompletedTask;
    }

    public Task StopAsync() => shutdown.WaitAsync(StopAllAsync());

    private async Task<PlanStatus> StopAllAsync()
    {
        await TellAsync(machine => machine.Stop(NowSeconds));
        await SettledAsync();
        return await GetStatusAsync();
    }

    /// <returns>Null where nobody can serve the request now, but somebody may soon.</returns>
    private ReplicaRoute? TryRoute(RouteQuery query)
    {
        if (Machine.Route(routing, query.PromptTokens, query.MaxTokens, query.Avoid, NowSeconds) is var (prefill, decode))
            return new ReplicaRoute(prefill, prefill == decode ? null : decode);
        var phase = PlanStatusView.PhaseOf(Machine);
        return phase is PlanPhase.Ready or PlanPhase.Loading || Machine.IsChangingOver || (query.HasBegun && Machine.Desired is { IsStopped: false })
            ? null
            : throw new ModelNotReadyException($"Model '{ModelId}' is not being served now (plan: {phase}). {Machine.Error}".TrimEnd());
    }

    /// <summary>Gets a plan while the old one serves, then changes over to it.</summary>
    private async Task<PlanStatus> ServeAsync(PlanActivity first, DesiredServing desired, Func<long, Task<PlannedServing>> getPlan)
    {
        var attempt = Machine.Begin(first);
        PlannedServing planned;
        try
        {
            planned = await getPlan(attempt);
            planned = planned with { Explanation = await Maker.ExplainAsync(planned, planned.Plan!, new PlanWish()) };
            // Under a new generation, an old plan too: what lingers somewhere of the old one can never be taken for its own.
            planned = planned with { Plan = await KeepAsync(planned.Plan!) };
        }
        catch (Exception exception)
        {
            var seen = Maker.Seen is { Profiles.IsEmpty: false } whole ? whole : null;
            Calls.ModelFault = exception as ModelFileException;
            await TellAsync(machine => machine.Abandon(attempt, exception.Message, seen, NowSeconds));
            Log(exception);
            throw;
        }

        (Calls.FirstFailure, Calls.ModelFault) = (null, null);
        var isTakenUp = false;
        await TellAsync(machine => isTakenUp = machine.ChangeOver(attempt, desired, planned, NowSeconds));
        await SettledAsync();
        if (!isTakenUp || Machine.Desired is { IsStopped: true })
            throw new PlanningException($"Model '{ModelId}' was stopped while another plan was being put in place.");
        if (Calls.FirstFailure is { } failure && Machine.Members.All(member => member.Phase != ReplicaPhase.Running))
        {
            Log(failure);
            throw failure;
        }

        _applied = desired.Fleet;
        return await GetStatusAsync();
    }

    private ReplicaPlan[] Running() => [.. Machine.Members.Select(member => member.Plan)];

    private PlannedServing Planned() => Machine.Planned
        ?? throw new PlanningException($"No fleet has been applied to model '{ModelId}' yet, so there is nothing to plan with.");

    private async Task<ServingPlan> KeepAsync(ServingPlan plan)
    {
        shutdown.ThrowIfBegun(); // another silo may have read the records already
        plan = Machine.Keep(plan);
        await _store.WriteAsync(() => Machine.Records);
        LogPlanned(ModelId, plan.Generation, plan.Planner, plan.Replicas.Length, plan.Unused.Length);
        return plan;
    }

    private async Task SettledAsync()
    {
        while (!Machine.IsSettled)
            await _changed.WaitAsync();
    }

    /// <summary>Tells the machine of an event, and sees to what follows. Never throws for what follows.</summary>
    private async Task TellAsync(Action<PlanMachine> tell)
    {
        if (shutdown.HasBegun)
            return; // whoever looks after the plan next asks the replicas themselves
        tell(Machine);
        if (_isPumping)
            return; // whoever pumps sees the new effects too
        _isPumping = true;
        while (Machine.TakeEffects() is { Count: > 0 } effects)
        {
            await TryWriteAsync();
            foreach (var effect in effects)
                _ = CarryOutAsync(effect);
        }

        if (_isUnwritten)
            await TryWriteAsync();
        _isPumping = false;
    }

    private async Task TryWriteAsync()
    {
        try
        {
            await _store.WriteAsync(() => Machine.Records);
            _isUnwritten = false;
        }
        catch (InconsistentStateException)
        {
            // Somebody else looks after the plan too, and knows more: there must be but one.
            DeactivateOnIdle();
        }
        catch (Exception exception)
        {
            _isUnwritten = StorageFaults.IsOutage(exception);
            if (!_isUnwritten)
                LogNotWritten(exception, ModelId);
        }
    }

    private async Task CarryOutAsync(PlanEffect effect)
    {
        if (effect is PlanEffect.Changed)
        {
            foreach (var key in _reports.Keys.Where(key => Machine.Find(key) is null).ToArray())
                _reports.Remove(key);
            _changed.Pulse();
            return;
        }

        var outcome = await Calls.CarryOutAsync(effect, Machine.Planned?.Model);
        await TellAsync(machine => outcome(machine, NowSeconds));
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

    private static InvalidOperationException NotActivated() => new("The grain has not been activated.");
}
