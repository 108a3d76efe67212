using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Fleets;
using E2LLM.Core.Plans;
using E2LLM.Planning.Stability;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Kernel;
using E2LLM.Simulation.Results;

namespace E2LLM.Simulation.Churn;

/// <summary>The plan of a simulated fog: what is to be done <see cref="PlanMachine"/> decides; this tells it of events and has its effects carried out.</summary>
internal sealed class FogPlan
{
    private readonly PlanRequest _request;
    private readonly ChurnOptions _options;
    private readonly EventQueue _events;
    private readonly FogReplicas _replicas;
    private readonly Action _changed;
    private readonly PlanMachine _machine;
    private readonly IRoutingPolicy _routing;
    private readonly List<PlanChange> _changes = [];
    private readonly List<PlanRefusal> _refusals = [];
    private readonly List<string> _reasons = [];
    private double _bytesBefore;
    private long _attempt;
    private bool _isPumping;
    private bool _hasChanged;

    /// <param name="request">Fleet, model and profiles, of all devices that are ever there.</param>
    /// <param name="plan">Runs from the start.</param>
    /// <param name="fleet">Of those that are there at the start.</param>
    /// <param name="options">What takes how long.</param>
    /// <param name="events">The clock.</param>
    /// <param name="replicas">What is done to them.</param>
    /// <param name="changed">Other replicas can serve than before.</param>
    public FogPlan(PlanRequest request, ServingPlan plan, FleetSpec fleet, ChurnOptions options, EventQueue events, FogReplicas replicas, Action changed)
    {
        (_request, _options, _events, _replicas, _changed) = (request, options, events, replicas, changed);
        _routing = RoutingPolicies.Get(options.Serving.RoutingPolicy);
        _machine = new PlanMachine(options.Plan, (replica, generation) => generation == 1 ? replica.Id : $"{replica.Id}@{generation}", new PlanRecords(), 0);
        TakeUp(_machine.Begin(PlanActivity.Planning), Asked(fleet), plan);
        replicas.AreLoaded = false;
    }

    /// <summary>Whether nothing is on its way from one plan to another.</summary>
    public bool IsSettled => _machine is { IsSettled: true, Activity: PlanActivity.None } && _machine.Members.All(member => member.Phase == ReplicaPhase.Running);

    /// <summary>Those that were taken up on the way.</summary>
    public ImmutableArray<PlanChange> Changes
    {
        get
        {
            CountBytes();
            return [.. _changes];
        }
    }

    /// <summary>Those of which nothing came.</summary>
    public ImmutableArray<PlanRefusal> Refusals => [.. _refusals];

    private double NowSeconds => _events.NowSeconds;

    /// <summary>Tells the machine of an event, and sees to what follows.</summary>
    public void Tell(Action<PlanMachine> tell)
    {
        tell(_machine);
        if (_isPumping)
            return; // whoever pumps sees the new effects too
        _isPumping = true;
        while (_machine.TakeEffects() is { Count: > 0 } effects)
            foreach (var effect in effects)
                if (effect is PlanEffect.Changed)
                    _hasChanged = true;
                else
                    _replicas.CarryOut(effect, Tell);
        _isPumping = false;
        if (!_hasChanged)
            return;
        _hasChanged = false;
        if (_changes is [.., { SecondsUntilServing: null } change] && IsSettled)
            _changes[^1] = change with { SecondsUntilServing = NowSeconds - change.AtSeconds };
        _changed();
    }

    /// <summary>Where a request goes: null where nobody serves now.</summary>
    /// <exception cref="RequestRejectedException">It can never fit.</exception>
    public (LiveReplica Prefill, LiveReplica Decode)? Route(int promptTokens, int maxTokens, ImmutableArray<string> avoid)
    {
        // Replicas report when their load changes, so a route knows it.
        Tell(_replicas.Report);
        return _machine.Route(_routing, promptTokens, maxTokens, avoid, NowSeconds) is var (prefill, decode)
            ? (_replicas.Find(prefill), _replicas.Find(decode))
            : null;
    }

    public void Tick()
    {
        Tell(_replicas.Report);
        _replicas.Tick(Tell);
        Tell(plan => plan.Tick(NowSeconds));
    }

    /// <summary>Makes another plan off to the side. One for an earlier fleet that is being made is void.</summary>
    /// <param name="fleet">To plan with.</param>
    /// <param name="reason">What is new of it.</param>
    public void Replan(FleetSpec fleet, string reason)
    {
        _reasons.Add(reason);
        if (fleet.Devices.IsEmpty)
        {
            _attempt = 0;
            Tell(plan => plan.Stop(NowSeconds));
            return;
        }

        var attempt = _attempt = _machine.Begin(PlanActivity.Planning);
        _events.At(NowSeconds + _options.PlanningSeconds, EventKind.Timer, () =>
        {
            if (attempt == _attempt)
                PlanFor(attempt, Asked(fleet));
        });
    }

    private void PlanFor(long attempt, PlanRequest asked)
    {
        ServingPlan plan;
        try
        {
            plan = PlanAlignment.Align(asked, _options.Planner.Plan(asked, CancellationToken.None), [.. _machine.Members.Select(member => member.Plan)]);
            KvRules.ThrowIfUnservable(plan, asked.Model);
        }
        catch (PlanningException exception)
        {
            _refusals.Add(new PlanRefusal(NowSeconds, string.Join(", ", _reasons), exception.Message));
            _reasons.Clear();
            Tell(machine => machine.Abandon(attempt, exception.Message, null, NowSeconds));
            return;
        }

        CountBytes();
        _changes.Add(new PlanChange { AtSeconds = NowSeconds, Reason = string.Join(", ", _reasons), Replicas = plan.Replicas.Length, KeptReplicas = 0 });
        _reasons.Clear();
        TakeUp(attempt, asked, plan);
    }

    private void TakeUp(long attempt, PlanRequest asked, ServingPlan plan)
    {
        plan = _machine.Keep(plan);
        var planned = new PlannedServing { Fleet = asked.Fleet, Model = asked.Model, Profiles = asked.Profiles, Plan = plan };
        Tell(machine =>
        {
            machine.ChangeOver(attempt, new DesiredServing { Fleet = asked.Fleet }, planned, NowSeconds);
            if (_changes.Count > 0)
                _changes[^1] = _changes[^1] with { KeptReplicas = machine.Members.Count(member => member.Phase == ReplicaPhase.Running) };
        });
    }

    /// <summary>What has travelled since the latest change was for it.</summary>
    private void CountBytes()
    {
        if (_changes.Count > 0)
            _changes[^1] = _changes[^1] with { BytesMoved = _changes[^1].BytesMoved + _replicas.MovedBytes - _bytesBefore };
        _bytesBefore = _replicas.MovedBytes;
    }

    private PlanRequest Asked(FleetSpec fleet) => _request with
    {
        Fleet = fleet,
        Profiles = [.. _request.Profiles.Where(profile => fleet.Find(profile.DeviceId) is not null)],
    };
}
