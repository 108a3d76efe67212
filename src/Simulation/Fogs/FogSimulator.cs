using System.Collections.Immutable;
using System.Runtime.InteropServices;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Planning.Costs;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Kernel;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Timelines;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Fogs;

/// <summary>
/// Runs a workload through a plan on a virtual clock. Router, queues, admission and batching are the classes that serve; engines and links
/// take the time that the profiles say.
/// </summary>
public sealed class FogSimulator : IReplicaListener
{
    private readonly PlanRequest _request;
    private readonly ITimelineListener? _timeline;
    private readonly EventQueue _events = new();
    private readonly SimulatedReplica[] _replicas;
    private readonly ReplicaRouter _router;
    private readonly Dictionary<string, RequestInFlight> _inFlight = [];
    private RequestTimes[] _times = [];
    private readonly KvLinks _links;
    private readonly int[] _prompt;
    private long _routed;

    /// <param name="request">Fleet, model and profiles.</param>
    /// <param name="plan">What is simulated; any planner's.</param>
    /// <param name="options">How it is served.</param>
    /// <param name="timeline">Hears what stages and links are at; null: nobody.</param>
    public FogSimulator(PlanRequest request, ServingPlan plan, SimulationOptions options, ITimelineListener? timeline = null)
    {
        (_request, _timeline) = (request, timeline);
        var fleet = new FleetCosts(request);
        var devices = request.Fleet.Devices.Select((device, index) => (device.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        _links = new KvLinks(request.Model, request.Fleet);
        _router = new ReplicaRouter(request.Model, request.Fleet, RoutingPolicies.Get(options.RoutingPolicy));
        _replicas =
        [
            .. plan.Replicas.Select(replica => new SimulatedReplica(
                replica, options.SchedulerFor(replica), new Pipeline(fleet, replica, devices, timeline), _events, this)),
        ];
        _prompt = [.. Enumerable.Repeat(1, plan.Replicas.Max(replica => replica.Engine.MaxSequenceTokens))];
    }

    /// <summary>Runs to the end of the last answer. Once.</summary>
    public SimulationResult Run(IReadOnlyList<SimulatedRequest> requests, CancellationToken cancellationToken)
    {
        _times = new RequestTimes[requests.Count];
        Await(0);
        _events.Run(cancellationToken);

        if (_inFlight.Count > 0)
            throw new InvalidOperationException($"{_inFlight.Count} of {requests.Count} requests never ended, the first of them {_inFlight.Keys.Min()}.");
        var duration = _events.NowSeconds - requests[0].ArrivalSeconds;
        return new SimulationResult
        {
            Requests = ImmutableCollectionsMarshal.AsImmutableArray(_times),
            DurationSeconds = duration,
            Events = _events.Happened,
            BusyShares = _replicas.SelectMany(replica => replica.Plan.Stages.Zip(replica.Pipeline.BusySeconds))
                .ToImmutableSortedDictionary(stage => stage.First.DeviceId, stage => stage.Second / duration, StringComparer.Ordinal),
        };

        // One at a time: a million of them at once would make the queue of events slow and large.
        void Await(int next)
        {
            if (next == requests.Count)
                return;
            _events.At(requests[next].ArrivalSeconds, EventKind.Arrival, () =>
            {
                Arrive(requests[next]);
                Await(next + 1);
            });
        }
    }

    void IReplicaListener.OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted)
    {
        var request = _inFlight[admitted.RequestId];
        replica.Slots[admitted.Sequence] = request;
        // A decoder's wait counts for as long as the cache would have been there.
        if (replica == request.Prefill)
            request.Times.WaitSeconds += admitted.WaitSeconds;
        if (request.IsSplit && replica == request.Prefill && request.Generation.MaxTokens > 1)
            request.Decode.Enqueue(request.Generation, RunMode.DecodeOnly);
    }

    void IReplicaListener.OnReserved(SimulatedReplica replica, KvReservation reservation)
    {
        var request = _inFlight[reservation.RequestId];
        request.Reservation = reservation;
        if (request.ReadSeconds is not null)
            Send(request);
    }

    void IReplicaListener.OnUpdate(SimulatedReplica replica, RequestUpdate update)
    {
        var request = _inFlight[update.RequestId];
        if (update.Chunk.Tokens.Length > 0 && request.Times.FirstTokenSeconds == 0)
            request.Times.FirstTokenSeconds = _events.NowSeconds;
        if (update.Prefill is { IsHeld: true })
        {
            request.ReadSeconds = _events.NowSeconds;
            if (request.Reservation is not null)
                Send(request);
            return;
        }
        if (update.Chunk.Finish is null)
            return;
        End(request);
        if (request.IsSplit && replica == request.Prefill)
            request.Decode.Cancel(update.RequestId);
    }

    private void Arrive(SimulatedRequest arrived)
    {
        var number = _routed++;
        var asked = new RouteRequest(arrived.PromptTokens, arrived.LimitTokens, number);
        var route = _router.Choose([.. _replicas.Select(replica => replica.Candidate(_events.NowSeconds))], asked)
            ?? throw new InvalidOperationException("The plan has no replicas that serve a request together.");
        var times = new RequestTimes
        {
            ArrivalSeconds = arrived.ArrivalSeconds,
            PrefillReplica = _replicas[route.Prefill].Plan.Id,
            DecodeReplica = _replicas[route.Decode].Plan.Id,
            PromptTokens = arrived.PromptTokens,
            AnswerTokens = arrived.AnswerTokens,
        };
        _times[number] = times;
        var generation = new GenerationRequest
        {
            Id = number.ToString("D9", System.Globalization.CultureInfo.InvariantCulture),
            ModelId = _request.Model.Id,
            PromptTokens = [.. _prompt.AsSpan(0, arrived.PromptTokens)],
            MaxTokens = arrived.LimitTokens,
            StopTokens = arrived.LimitTokens > arrived.AnswerTokens ? [ISampledAnswer.StopToken] : [],
        };
        var request = new RequestInFlight(generation, times, _replicas[route.Prefill], _replicas[route.Decode]);
        _inFlight.Add(generation.Id, request);
        if (route.IsHandOff)
            request.Decode.Routed.Add(RoutedPart.Answer(asked), _events.NowSeconds + route.PrefillWaitSeconds);
        request.Prefill.Enqueue(generation, request.IsSplit ? RunMode.PrefillOnly : RunMode.Whole);
    }

    private void Send(RequestInFlight request)
    {
        var (from, to) = (request.Prefill.Plan, request.Decode.Plan);
        var trip = _links.SendRead(from, to, request.Times.PromptTokens, request.ReadSeconds!.Value, _events.NowSeconds);
        request.Times.WaitSeconds += trip.WaitSeconds;
        request.Times.KvBytes += trip.Bytes;
        _timeline?.OnKvTransfer(new KvTransfer(
            from.Id, to.Id, long.Parse(request.Generation.Id, System.Globalization.CultureInfo.InvariantCulture), _events.NowSeconds, trip.ArrivalSeconds, trip.Bytes));
        _events.At(trip.ArrivalSeconds, EventKind.Transfer, () =>
        {
            request.Prefill.Release(request.Generation.Id);
            request.Decode.KvArrived(request.Reservation!.Value, request.Times.PromptTokens, [1]);
        });
    }

    private void End(RequestInFlight request)
    {
        request.Times.EndSeconds = _events.NowSeconds;
        _inFlight.Remove(request.Generation.Id);
    }
}
