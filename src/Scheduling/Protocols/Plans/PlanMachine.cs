using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Protocols.Plans;

/// <summary>
/// A model's plan: what is desired, what is planned and what is actually there, and the way from one to the other. Events come in,
/// effects go out (<see cref="TakeEffects"/>); it calls nobody and has no clock. Events may come late, twice or not at all.
/// </summary>
/// <remarks>
/// Another plan is taken up in this order: 1. <see cref="Begin"/>, profiles, a plan, its checks: nothing that serves is touched, and a
/// failure (<see cref="Abandon"/>) leaves everything as it was. 2. <see cref="ChangeOver"/>: the records change. Replicas that both plans
/// have stay. A new one is started where its devices are free; where they are not, those in the way are drained, or stopped, first.
/// 3. Once the new plan can serve, what is left of the old one is drained and stopped. Everything else happens at any time.
/// </remarks>
public sealed class PlanMachine
{
    /// <summary>Enough to roll back over a bad day, and small enough to write whole.</summary>
    private const int KeptPlans = 8;

    private readonly PlanTimes _times;
    private readonly Func<ReplicaPlan, long, string> _keyOf;
    private readonly List<PlanEffect> _effects = [];
    private readonly HashSet<string> _strays = [];
    private readonly ReplicaSet _replicas;
    private PlanRecords _records;
    private ImmutableArray<string> _serving = [];
    private ImmutableHashSet<string> _devices = [];
    private double _tickedSeconds;
    private long _attempt;
    private long _routed;
    private (PlannedServing Planned, IRoutingPolicy Policy, ReplicaRouter Router)? _router;
    private bool _servedBefore;

    /// <param name="times">How long it waits for what.</param>
    /// <param name="keyOf">Names a replica of a generation; never the same name twice.</param>
    /// <param name="records">What is known from before a restart.</param>
    /// <param name="nowSeconds">The time.</param>
    public PlanMachine(PlanTimes times, Func<ReplicaPlan, long, string> keyOf, PlanRecords records, double nowSeconds)
    {
        (_times, _keyOf, _records, _tickedSeconds) = (times, keyOf, records, nowSeconds);
        _replicas = new ReplicaSet(times, _effects);
        _devices = DevicesOf(records);
        _replicas.Resume(records.Actual, records.Planned?.Plan?.Generation ?? 0, nowSeconds);
        Advance(nowSeconds);
    }

    /// <summary>To be written before effects are carried out.</summary>
    public PlanRecords Records => _records with { Actual = [.. _replicas.All.Select(replica => replica.Actual)] };

    public DesiredServing? Desired => _records.Desired;

    public PlannedServing? Planned => _records.Planned;

    /// <summary>What is done about another plan; <see cref="PlanActivity.None"/> while replicas are started and stopped for it.</summary>
    public PlanActivity Activity { get; private set; }

    /// <summary>Why the last attempt at another plan failed; empty otherwise.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Whether nothing is on its way from one plan to another: what could be started has been.</summary>
    public bool IsSettled => _replicas.IsSettled;

    /// <summary>Whether requests can be served in the way that a plan means it.</summary>
    public bool HasRoute => ReplicaSet.HaveRoute(_replicas.All);

    /// <summary>
    /// Whether a plan that served has made room for another one, of which nothing has failed so far: it is about to serve, so that
    /// requests are better off waiting than turned away.
    /// </summary>
    public bool IsChangingOver => _servedBefore && !IsSettled && Members.All(member => member.Failures == 0);

    /// <summary>Whether any replica serves: each holds the whole model.</summary>
    public bool IsServing => _replicas.All.Any(replica => replica.IsServing);

    /// <summary>Whether a replica of the plan has served since it was taken up, or since the plan's process began.</summary>
    public bool HasServed => _replicas.Members.Any(member => member.HasServed);

    public IEnumerable<ActualReplica> Members => _replicas.Members.Select(replica => replica.Actual);

    public IEnumerable<ActualReplica> Retiring => _replicas.Retiring.Select(replica => replica.Actual);

    /// <summary>Null where no plan has it, or had it.</summary>
    public ActualReplica? Find(string key) => _replicas.Find(key)?.Actual;

    /// <summary>What a replica is known to be: Stopped where there is none.</summary>
    public ReplicaState StateOf(string key) => _replicas.Find(key)?.State ?? ReplicaState.Stopped;

    /// <summary>What is to be done now, in this order.</summary>
    public IReadOnlyList<PlanEffect> TakeEffects()
    {
        PlanEffect[] taken = [.. _effects];
        _effects.Clear();
        return taken;
    }

    /// <summary>Gives a plan a generation and keeps it.</summary>
    public ServingPlan Keep(ServingPlan plan)
    {
        plan = plan with { Generation = _records.Generation + 1 };
        _records = _records with { Generation = plan.Generation, Plans = [plan, .. _records.Plans.Take(KeptPlans - 1)] };
        return plan;
    }

    /// <returns>The attempt's number; a later one, or <see cref="Stop"/>, makes it void.</returns>
    public long Begin(PlanActivity activity)
    {
        Activity = activity;
        return ++_attempt;
    }

    public void Proceed(long attempt, PlanActivity activity)
    {
        if (attempt == _attempt)
            Activity = activity;
    }

    /// <summary>No plan came of it.</summary>
    /// <param name="attempt">Its number.</param>
    /// <param name="reason">Says what to change.</param>
    /// <param name="seen">What was found out; kept only where nothing is known that works.</param>
    /// <param name="nowSeconds">The time.</param>
    public void Abandon(long attempt, string reason, PlannedServing? seen, double nowSeconds)
    {
        if (attempt != _attempt)
            return;
        (Activity, Error) = (PlanActivity.None, reason);
        if (seen is not null && Planned?.Plan is null && Desired is null)
            SetRecords(_records with { Planned = seen });
        Advance(nowSeconds);
    }

    /// <summary>Takes up a plan that has passed every check.</summary>
    /// <returns>Whether it was; not where the attempt is void.</returns>
    public bool ChangeOver(long attempt, DesiredServing desired, PlannedServing planned, double nowSeconds)
    {
        if (attempt != _attempt)
            return false;
        var plan = planned.Plan ?? throw new ArgumentException("There is no plan to take up.", nameof(planned));
        (Activity, Error) = (PlanActivity.None, "");
        _servedBefore = IsServing || IsChangingOver;
        var isSameModel = Planned is { } old && ReplicaMatch.IsSame(old.Model, planned.Model);
        _devices = _devices.Union(DevicesOf(_records)).Union(planned.Fleet.Devices.Select(device => device.Id));
        SetRecords(_records with { Desired = desired, Planned = planned });
        _replicas.Replace(plan, planned.Fleet, _keyOf, isSameModel, nowSeconds);
        Advance(nowSeconds);
        return true;
    }

    /// <summary>Stops everything. Fleet and profiles stay: a proposal can be made, and a plan applied, while nothing is served.</summary>
    public void Stop(double nowSeconds)
    {
        _attempt++;
        (Activity, Error, _servedBefore) = (PlanActivity.None, "", false);
        _devices = _devices.Union(DevicesOf(_records));
        SetRecords(_records with
        {
            Desired = Desired is null ? null : Desired with { IsStopped = true },
            Planned = Planned is null ? null : Planned with { Plan = null, Explanation = [] },
        });
        _replicas.StopAll(nowSeconds);
        Advance(nowSeconds);
    }

    public void Started(string key, long start, double nowSeconds) => On(key, nowSeconds, replica => replica.Started(start, nowSeconds));

    public void StartFailed(string key, long start, string reason, double nowSeconds) =>
        On(key, nowSeconds, replica => replica.StartFailed(start, reason, nowSeconds));

    public void Drained(string key, double nowSeconds) => On(key, nowSeconds, replica => replica.Drained(nowSeconds));

    public void Stopped(string key, double nowSeconds)
    {
        _strays.Remove(key);
        On(key, nowSeconds, replica => replica.Stopped());
    }

    /// <param name="key">The replica.</param>
    /// <param name="isGone">Whether its silo is known to be gone, and everything that it held.</param>
    /// <param name="nowSeconds">The time.</param>
    public void StopFailed(string key, bool isGone, double nowSeconds)
    {
        _strays.Remove(key);
        On(key, nowSeconds, replica => replica.StopFailed(isGone, nowSeconds));
    }

    /// <summary>A replica tells how it is.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Report(string key, long start, long number, ReplicaSnapshot snapshot, double nowSeconds)
    {
        if (_replicas.Find(key) is not { } replica)
        {
            StopStray(key, snapshot);
            return false;
        }

        var isNews = replica.Report(start, number, snapshot, nowSeconds);
        Advance(nowSeconds);
        return isNews;
    }

    /// <returns>Whether that is news.</returns>
    public bool Probed(string key, long start, ReplicaSnapshot snapshot, double nowSeconds)
    {
        var isNews = _replicas.Find(key)?.Probed(start, snapshot, nowSeconds) ?? false;
        Advance(nowSeconds);
        return isNews;
    }

    public void ProbeFailed(string key, long start, bool isGone, string reason, double nowSeconds) =>
        On(key, nowSeconds, replica => replica.ProbeFailed(start, isGone, reason, nowSeconds));

    /// <summary>Time passes. To be said more often than <see cref="PlanTimes.UnknownSeconds"/>, or it counts as an absence of the plan.</summary>
    /// <param name="nowSeconds">The time.</param>
    /// <param name="hosted">The devices that have a live silo; null: that is not known.</param>
    public void Tick(double nowSeconds, IReadOnlySet<string>? hosted = null)
    {
        var wasAway = nowSeconds - _tickedSeconds > _times.UnknownSeconds;
        _tickedSeconds = nowSeconds;
        foreach (var replica in _replicas.All)
        {
            if (wasAway)
                replica.Excuse(nowSeconds);
            replica.Look(hosted, nowSeconds);
            replica.Tick(nowSeconds);
        }

        Advance(nowSeconds);
    }

    /// <summary>The replicas that shall serve a request.</summary>
    /// <param name="policy">Chooses among those that can.</param>
    /// <param name="promptTokens">Length of the prompt.</param>
    /// <param name="maxTokens">Limit of the answer.</param>
    /// <param name="avoid">Keys of replicas to be taken only where no others can serve the request.</param>
    /// <param name="nowSeconds">The time.</param>
    /// <returns>The same one twice where nothing is handed on; null where nobody serves now.</returns>
    /// <exception cref="RequestRejectedException">The request can never fit.</exception>
    public (string Prefill, string Decode)? Route(
        IRoutingPolicy policy, int promptTokens, int maxTokens, ImmutableArray<string> avoid, double nowSeconds)
    {
        if (Planned is not { } planned)
            return null;
        ManagedReplica[] replicas = [.. _replicas.Members, .. _replicas.Retiring.Where(old => old.IsServing)];
        var request = new RouteRequest(promptTokens, maxTokens, _routed++);
        RouteCandidate[] candidates = [.. replicas.Select(replica => replica.ToCandidate(nowSeconds))];
        if (RouterFor(planned, policy).Choose(candidates, request, avoid) is not { } route)
            return null;
        var (prefill, decode) = (replicas[route.Prefill], replicas[route.Decode]);
        prefill.Route(route.IsHandOff ? RoutedPart.Prompt(request) : RoutedPart.Whole(request), 0, nowSeconds);
        if (route.IsHandOff)
            decode.Route(RoutedPart.Answer(request), route.PrefillWaitSeconds, nowSeconds);
        return (prefill.Key, decode.Key);
    }

    private ReplicaRouter RouterFor(PlannedServing planned, IRoutingPolicy policy)
    {
        if (_router is not { } known || !ReferenceEquals(known.Planned, planned) || known.Policy != policy)
            _router = known = (planned, policy, new ReplicaRouter(planned.Model, planned.Fleet, policy));
        return known.Router;
    }

    private void On(string key, double nowSeconds, Action<ManagedReplica> tell)
    {
        if (_replicas.Find(key) is { } replica)
            tell(replica);
        Advance(nowSeconds);
    }

    /// <summary>A replica of no plan runs: its stop was overtaken by its start, or given up. It is told once until it has answered.</summary>
    private void StopStray(string key, ReplicaSnapshot snapshot)
    {
        if (Desired is not null && snapshot.State != ReplicaState.Stopped && _strays.Add(key))
            _effects.Add(new PlanEffect.StopReplica(key));
    }

    private void Advance(double nowSeconds)
    {
        var hasSettled = _replicas.Advance(NextStart, isPreparing: Activity != PlanActivity.None, nowSeconds);
        if (hasSettled)
        {
            ActualReplica[] named = [.. _replicas.All.Where(replica => replica.HoldsDevices).Select(replica => replica.Actual)];
            _effects.Add(new PlanEffect.SweepDevices(_devices, [.. named], _records.Generation));
            _devices = [];
        }

        ImmutableArray<string> serving = [.. _replicas.All.Where(replica => replica.IsServing).Select(replica => replica.Key)];
        if (!hasSettled && serving.SequenceEqual(_serving))
            return;
        _serving = serving;
        _effects.Add(new PlanEffect.Changed());
    }

    /// <summary>Said even where nothing has to be done at once: records are written before anything else happens.</summary>
    private void SetRecords(PlanRecords records)
    {
        _records = records;
        _effects.Add(new PlanEffect.Changed());
    }

    private long NextStart()
    {
        _records = _records with { Starts = _records.Starts + 1 };
        return _records.Starts;
    }

    private static ImmutableHashSet<string> DevicesOf(PlanRecords records) =>
    [
        .. (records.Planned?.Fleet.Devices ?? []).Concat(records.Actual.SelectMany(replica => replica.Fleet.Devices)).Select(device => device.Id),
    ];
}
