using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using E2LLM.Core.Errors;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.Replay;
using E2LLM.Simulation.Fogs;
using E2LLM.Simulation.Kernel;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Churn;

/// <summary>
/// Runs a workload through a fog whose devices leave, come and slow down, on a virtual clock. Beside router, queues, admission and batching the protocols that serve
/// decide: the plan, the fleet, the replay, the hand-off. Engines, links, loading, planning and the noticing of a loss take set times.
/// </summary>
/// <remarks>
/// With no events every request has the times of <see cref="FogSimulator"/>, to the last bit. Each new plan is taken up, whatever it moves,
/// as those of a silo are.
/// </remarks>
public sealed class LivingFog : IReplicaListener
{
    /// <summary>Pauses and silences are told apart by no less, while anything is under way.</summary>
    private const double TickSeconds = 0.25;

    private const double QuietTickSeconds = 1;

    /// <summary>After which nobody waits any more for a fleet to which nothing is to happen.</summary>
    private const double HopelessSeconds = 3600;

    private readonly PlanRequest _request;
    private readonly ImmutableArray<FleetEvent> _fleetEvents;
    private readonly ChurnOptions _options;
    private readonly EventQueue _events = new();
    private readonly FleetWatch _watch;
    private readonly FogReplicas _replicas;
    private readonly FogPlan _plan;
    private readonly FogAttemptRules _rules;
    private readonly Dictionary<string, FogAttempt> _attempts = [];
    private readonly List<int> _lost = [];
    private List<FogRequest> _waiting = [];
    private RequestTimes[] _times = [];
    private ImmutableArray<int> _prompt = [];
    private int _fleetEventsLeft;
    private double _changedSeconds;
    private int _ended;

    /// <param name="request">Fleet, model and profiles, of all devices that are ever there.</param>
    /// <param name="plan">Runs, loaded, from the start.</param>
    /// <param name="fleetEvents">What happens to devices, in any order; those at the same time happen as they stand here.</param>
    /// <param name="options">How it is served, and what takes how long.</param>
    /// <exception cref="ArgumentException">An event names no device of the fleet, or the plan one that is not there at the start.</exception>
    public LivingFog(PlanRequest request, ServingPlan plan, IEnumerable<FleetEvent> fleetEvents, ChurnOptions options)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(options);
        (_request, _options, _fleetEvents) = (request, options, [.. fleetEvents.OrderBy(happens => happens.AtSeconds)]);
        if (_fleetEvents.FirstOrDefault(happens => request.Fleet.Find(happens.DeviceId) is null) is { DeviceId: { } unknown })
            throw new ArgumentException($"Fleet '{request.Fleet.Name}' has no device '{unknown}'.", nameof(fleetEvents));
        if (_fleetEvents.Any(happens => !(happens.AtSeconds >= 0 && happens.Factor > 0 && double.IsFinite(happens.Factor))))
            throw new ArgumentException("Events happen at 0 s or later, and a device takes a factor above 0 as long.", nameof(fleetEvents));
        HashSet<string> absent =
        [
            .. _fleetEvents.Where(happens => happens.Kind != FleetEventKind.Slows).GroupBy(happens => happens.DeviceId)
                .Where(device => device.First().Kind == FleetEventKind.Joins).Select(device => device.Key),
        ];
        if (plan.Replicas.SelectMany(replica => replica.Stages).FirstOrDefault(stage => absent.Contains(stage.DeviceId)) is { } early)
            throw new ArgumentException($"The plan uses device '{early.DeviceId}', which is not there at the start.", nameof(plan));

        _watch = new FleetWatch(request.Fleet, options.Fleet, absent);
        _replicas = new FogReplicas(request, options, _events, _watch.Present, this);
        _rules = new FogAttemptRules(_events, new KvLinks(request.Model, request.Fleet), options.DetectionSeconds, OnEnded);
        _plan = new FogPlan(request, plan, FleetWatch.Restrict(request.Fleet, _watch.Present), options, _events, _replicas, OnChanged);
    }

    bool IReplicaListener.HearsEveryToken => true;

    /// <summary>Runs to the end of the last answer. Once.</summary>
    /// <param name="requests">At least one, by time of arrival.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public SimulationResult Run(IReadOnlyList<SimulatedRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentOutOfRangeException.ThrowIfZero(requests.Count);
        _times = new RequestTimes[requests.Count];
        _prompt = [.. Enumerable.Repeat(ISampledAnswer.AnyToken, requests.Max(request => request.PromptTokens))];
        _fleetEventsLeft = _fleetEvents.Length;
        foreach (var happens in _fleetEvents)
            _events.At(happens.AtSeconds, EventKind.Fleet, () => Happen(happens));
        AwaitArrival(requests, 0);
        _events.At(TickSeconds, EventKind.Timer, Tick);
        _events.Run(cancellationToken);

        var (first, last) = (requests[0].ArrivalSeconds, _times.Max(request => request.EndSeconds));
        return new SimulationResult
        {
            Requests = ImmutableCollectionsMarshal.AsImmutableArray(_times),
            DurationSeconds = last - first,
            Events = _events.Happened,
            BusyShares = _replicas.BusyShares(last - first),
            PlanChanges = _plan.Changes,
            PlanRefusals = _plan.Refusals,
            LostRequests = [.. _lost.Order()],
            SecondsWithoutRoute = _replicas.SecondsWithoutRoute(first, last),
        };
    }

    void IReplicaListener.OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted)
    {
        var attempt = _attempts[admitted.RequestId];
        replica.Slots[admitted.Sequence] = attempt;
        attempt.OnAdmitted(replica, admitted);
    }

    void IReplicaListener.OnReserved(SimulatedReplica replica, KvReservation reservation) => _attempts[reservation.RequestId].OnReserved(reservation);

    void IReplicaListener.OnUpdate(SimulatedReplica replica, RequestUpdate update)
    {
        if (_attempts.TryGetValue(update.RequestId, out var attempt))
            attempt.OnUpdate(replica, update);
    }

    private bool IsOver => _ended == _times.Length;

    private void AwaitArrival(IReadOnlyList<SimulatedRequest> requests, int next)
    {
        if (next == requests.Count)
            return;
        _events.At(requests[next].ArrivalSeconds, EventKind.Arrival, () =>
        {
            Arrive(requests[next], next);
            AwaitArrival(requests, next + 1);
        });
    }

    private void Arrive(SimulatedRequest arrived, int number)
    {
        var times = _times[number] = new RequestTimes
        {
            ArrivalSeconds = arrived.ArrivalSeconds,
            PrefillReplica = "",
            DecodeReplica = "",
            PromptTokens = arrived.PromptTokens,
            AnswerTokens = arrived.AnswerTokens,
        };
        var generation = new GenerationRequest
        {
            Id = number.ToString("D9", CultureInfo.InvariantCulture),
            ModelId = _request.Model.Id,
            PromptTokens = _prompt[..arrived.PromptTokens],
            MaxTokens = arrived.LimitTokens,
            StopTokens = arrived.LimitTokens > arrived.AnswerTokens ? [ISampledAnswer.StopToken] : [],
        };
        Ask(new FogRequest(number, generation, times, _options.MaxReplays));
    }

    /// <summary>Begins an attempt, or waits until one can be begun.</summary>
    private void Ask(FogRequest request)
    {
        request.AskedSeconds = _events.NowSeconds;
        if (!TryBegin(request))
            _waiting.Add(request);
    }

    private bool TryBegin(FogRequest request)
    {
        var generation = request.Policy.Next(request.Answer);
        (LiveReplica Prefill, LiveReplica Decode)? found;
        try
        {
            found = _plan.Route(generation.PromptTokens.Length + generation.Answer.Length, generation.MaxTokens - generation.Answer.Length, request.Policy.Avoid);
        }
        catch (RequestRejectedException rejected)
        {
            Decide(request, new AttemptEnd(FinishReason.Failed, FogAttempt.Lost(rejected.Message) with { MayRetry = false }, null, request.Tokens, false));
            return true;
        }
        if (found is not var (prefill, decode))
            return false;

        request.Times.WaitSeconds += _events.NowSeconds - request.AskedSeconds;
        (request.Times.PrefillReplica, request.Times.DecodeReplica) = (prefill.Key, decode.Key);
        var attempt = new FogAttempt(request, generation, prefill, decode, _rules);
        _attempts.Add(attempt.Id, attempt);
        attempt.Begin();
        return true;
    }

    private void OnEnded(FogAttempt attempt, FinishReason finish, RequestFailure? failure, string replica)
    {
        _attempts.Remove(attempt.Id);
        Decide(attempt.Request, new AttemptEnd(finish, failure, replica, attempt.Request.Tokens, false));
    }

    private void Decide(FogRequest request, AttemptEnd end)
    {
        switch (request.Policy.After(end))
        {
            case ReplayDecision.GoOn next:
                request.Times.Replays = request.Policy.Replays;
                _events.At(_events.NowSeconds + next.PauseSeconds, EventKind.Timer, () => Ask(request));
                break;
            case ReplayDecision.End last:
                if (last.Finish == FinishReason.Failed)
                    _lost.Add(request.Number);
                request.End(last.Finish, _events.NowSeconds);
                _ended++;
                break;
        }
    }

    private void OnChanged()
    {
        _changedSeconds = _events.NowSeconds;
        AskAgain();
    }

    private void AskAgain()
    {
        if (_waiting.Count == 0)
            return;
        var asking = _waiting;
        _waiting = [];
        foreach (var request in asking)
            if (!TryBegin(request))
                _waiting.Add(request);
    }

    private void Happen(FleetEvent happens)
    {
        _fleetEventsLeft--;
        if (IsOver)
            return;
        _changedSeconds = _events.NowSeconds;
        switch (happens.Kind)
        {
            case FleetEventKind.Leaves:
                _watch.Leave(happens.DeviceId);
                _replicas.Leave(happens.DeviceId, _plan.Tell);
                break;
            case FleetEventKind.Joins:
                _watch.Join(happens.DeviceId, _events.NowSeconds);
                break;
            case FleetEventKind.Slows:
                _replicas.Slow(happens.DeviceId, happens.Factor);
                break;
        }
    }

    private void Tick()
    {
        if (IsOver)
            return;
        _plan.Tick();
        if (_watch.TakeChange(_events.NowSeconds) is var (fleet, reason))
            _plan.Replan(fleet, reason);
        if (_waiting.Count > 0)
            LoseImpatient();
        var isQuiet = _waiting.Count == 0 && _plan.IsSettled && !_watch.IsRestless;
        _events.At(_events.NowSeconds + (isQuiet ? QuietTickSeconds : TickSeconds), EventKind.Timer, Tick);
    }

    private void LoseImpatient()
    {
        AskAgain();
        var isHopeless = _fleetEventsLeft == 0 && _events.NowSeconds - _changedSeconds > HopelessSeconds;
        var lost = _waiting.FindAll(request => isHopeless || _events.NowSeconds - request.AskedSeconds >= _options.ReplicaWaitSeconds);
        _waiting = [.. _waiting.Except(lost)];
        foreach (var request in lost)
        {
            request.Times.WaitSeconds += _events.NowSeconds - request.AskedSeconds;
            Decide(request, new AttemptEnd(FinishReason.Failed, FogAttempt.Lost("No replica has come back into service."), null, request.Tokens, false));
        }
    }
}
