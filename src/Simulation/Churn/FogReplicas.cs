using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Costs;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Churn;

/// <summary>The replicas that there are, and the devices under them: carries out what the plan wants of them, in the time that it takes.</summary>
/// <param name="request">Fleet, model and profiles.</param>
/// <param name="options">What takes how long.</param>
/// <param name="events">The clock.</param>
/// <param name="present">Ids of the devices that are there.</param>
/// <param name="listener">Hears what replicas do with requests.</param>
internal sealed class FogReplicas(PlanRequest request, ChurnOptions options, EventQueue events, IReadOnlySet<string> present, IReplicaListener listener)
{
    private readonly FleetCosts _fleet = new(request);
    private readonly Dictionary<string, int> _devices = request.Fleet.Devices.Select((device, index) => (device.Id, index)).ToDictionary(StringComparer.Ordinal);
    private readonly double[] _slowness = [.. Enumerable.Repeat(1.0, request.Fleet.Devices.Length)];
    private readonly HeldLayers _held = new(request.Model, request.Fleet, options.DiskBytesPerSecond);
    private readonly SortedDictionary<string, LiveReplica> _live = new(StringComparer.Ordinal);
    private readonly List<SimulatedReplica> _ever = [];
    private readonly List<(double FromSeconds, double ToSeconds)> _outages = [];
    private double? _downSeconds;

    /// <summary>Weights that have travelled, or are about to.</summary>
    public double MovedBytes { get; private set; }

    /// <summary>Whether the replicas of the plan that comes first are there from the start.</summary>
    public bool AreLoaded { get; set; } = true;

    private double NowSeconds => events.NowSeconds;

    public LiveReplica Find(string key) => _live[key];

    /// <param name="effect">What the plan wants done.</param>
    /// <param name="tell">Tells it how that went.</param>
    public void CarryOut(PlanEffect effect, Action<Action<PlanMachine>> tell)
    {
        switch (effect)
        {
            case PlanEffect.StartReplica start:
                Start(start.Replica, tell);
                break;
            case PlanEffect.DrainReplica drain:
                Drain(drain.Key, tell);
                break;
            case PlanEffect.StopReplica stop:
                Stop(stop.Key, tell);
                break;
            case PlanEffect.ProbeReplica probe:
                Soon(() => Probe(probe.Key, probe.Start, tell));
                break;
        }
    }

    public void Slow(string deviceId, double factor) => _slowness[_devices[deviceId]] = factor;

    /// <summary>A device is gone, and its replicas with it. Nobody knows before the detection time is over.</summary>
    public void Leave(string deviceId, Action<Action<PlanMachine>> tell)
    {
        foreach (var replica in _live.Values.Where(replica => !replica.IsGone && replica.Uses(deviceId)).ToArray())
        {
            replica.Go(NowSeconds, byOrder: false);
            events.At(NowSeconds + options.DetectionSeconds, EventKind.Timer, () => Notice(replica, deviceId, tell));
        }
        NoteRoute();
    }

    /// <summary>Those that run say how they are.</summary>
    public void Report(PlanMachine plan)
    {
        foreach (var replica in _live.Values)
            if (replica.IsUp)
                plan.Report(replica.Key, replica.Start, ++replica.Reports, Snapshot(replica), NowSeconds);
    }

    /// <summary>To be called time and again: those that were to finish what they had may have done so.</summary>
    public void Tick(Action<Action<PlanMachine>> tell)
    {
        foreach (var replica in _live.Values.Where(replica => replica is { IsUp: true, IsDraining: true, Serving.IsIdle: true }).ToArray())
            tell(plan => plan.Drained(replica.Key, NowSeconds));
    }

    /// <summary>Seconds of a time in which no replicas that were there could have served a request.</summary>
    public double SecondsWithoutRoute(double fromSeconds, double toSeconds) => _outages
        .Append((FromSeconds: _downSeconds ?? toSeconds, ToSeconds: toSeconds))
        .Sum(outage => Math.Max(0, Math.Min(toSeconds, outage.ToSeconds) - Math.Max(fromSeconds, outage.FromSeconds)));

    /// <summary>Compute of all stages that ever were, by device.</summary>
    public ImmutableSortedDictionary<string, double> BusyShares(double seconds) => _ever
        .SelectMany(replica => replica.Plan.Stages.Zip(replica.Pipeline.BusySeconds))
        .GroupBy(stage => stage.First.DeviceId, stage => stage.Second, StringComparer.Ordinal)
        .ToImmutableSortedDictionary(device => device.Key, device => device.Sum() / seconds, StringComparer.Ordinal);

    private void Start(ActualReplica actual, Action<Action<PlanMachine>> tell)
    {
        var (key, start) = (actual.Key, actual.Start);
        if (actual.Plan.Stages.FirstOrDefault(stage => !present.Contains(stage.DeviceId)) is { } missing)
        {
            Soon(() => tell(plan => plan.StartFailed(key, start, $"device {missing.DeviceId} is not there", NowSeconds)));
            return;
        }

        var serving = new SimulatedReplica(
            actual.Plan, options.Serving.SchedulerFor(actual.Plan), new Pipeline(_fleet, actual.Plan, _devices) { Slowness = _slowness }, events, listener);
        var replica = _live[key] = new LiveReplica(actual, serving);
        _ever.Add(serving);
        if (AreLoaded)
        {
            Serve();
            return;
        }

        var (seconds, bytes) = _held.Load(actual.Plan, present);
        MovedBytes += bytes;
        events.At(NowSeconds + seconds + options.StartSeconds, EventKind.Timer, Serve);

        void Serve()
        {
            if (replica.IsGone)
                return; // and whoever took it away sees to the rest
            replica.IsLoading = false;
            _held.Hold(actual.Plan);
            NoteRoute();
            tell(plan => plan.Started(key, start, NowSeconds));
        }
    }

    private void Drain(string key, Action<Action<PlanMachine>> tell)
    {
        if (_live.TryGetValue(key, out var replica) && replica.IsUp)
            replica.IsDraining = true;
        else
            Soon(() => tell(plan => plan.Drained(key, NowSeconds)));
        NoteRoute();
    }

    private void Stop(string key, Action<Action<PlanMachine>> tell)
    {
        if (_live.TryGetValue(key, out var replica) && !present.Contains(replica.Head))
        {
            Soon(() => tell(plan => plan.StopFailed(key, isGone: true, NowSeconds)));
            return;
        }

        _live.Remove(key);
        if (replica is { IsGone: false })
        {
            replica.Go(NowSeconds, byOrder: true);
            Soon(() => LoseAttempts(replica, "it has been stopped"));
        }
        NoteRoute();
        Soon(() => tell(plan => plan.Stopped(key, NowSeconds)));
    }

    private void Probe(string key, long start, Action<Action<PlanMachine>> tell)
    {
        if (!_live.TryGetValue(key, out var replica) || !present.Contains(replica.Head))
            tell(plan => plan.ProbeFailed(key, start, isGone: true, "its device is not there", NowSeconds));
        else if (replica is { IsGone: false, IsLoading: true })
            tell(plan => plan.Probed(key, start, new ReplicaSnapshot { State = ReplicaState.Loading }, NowSeconds));
        else
            tell(plan => plan.Probed(key, start, Snapshot(replica), NowSeconds));
    }

    /// <summary>Its requests go on elsewhere. Where the device that speaks for it is left it says what has become of it; else it falls silent.</summary>
    private void Notice(LiveReplica replica, string deviceId, Action<Action<PlanMachine>> tell)
    {
        var reason = $"device {deviceId} is gone";
        LoseAttempts(replica, reason);
        if (replica.IsLoading)
            tell(plan => plan.StartFailed(replica.Key, replica.Start, reason, NowSeconds));
        else if (replica.Head != deviceId && present.Contains(replica.Head))
            tell(plan => plan.Report(
                replica.Key, replica.Start, ++replica.Reports, new ReplicaSnapshot { State = ReplicaState.OutOfService, LastFailure = reason }, NowSeconds));
    }

    private static void LoseAttempts(LiveReplica replica, string reason)
    {
        foreach (var attempt in replica.Attempts.ToArray())
            attempt.OnLost(replica, FogAttempt.Lost($"Replica {replica.Key} gave up: {reason}."));
    }

    private ReplicaSnapshot Snapshot(LiveReplica replica) => replica.IsGone
        ? new ReplicaSnapshot { State = ReplicaState.Stopped, LastFailure = "its device was away" }
        : replica.Serving.Snapshot(replica.IsDraining ? ReplicaState.Draining : ReplicaState.Serving, NowSeconds);

    private void NoteRoute()
    {
        var hasRoute = ReplicaRouter.HaveRoute(_live.Values.Where(replica => replica is { IsUp: true, IsDraining: false }).Select(replica => replica.Plan));
        if (!hasRoute)
            _downSeconds ??= NowSeconds;
        else if (_downSeconds is { } since)
        {
            _outages.Add((since, NowSeconds));
            _downSeconds = null;
        }
    }

    /// <summary>At this time, after what is being done: nobody is told in the middle of something else.</summary>
    private void Soon(Action happen) => events.At(NowSeconds, EventKind.Timer, happen);
}
