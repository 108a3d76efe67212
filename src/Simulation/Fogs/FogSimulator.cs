using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Planning.Costs;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Kernel;
using E2LLM.Simulation.Results;
using E2LLM.Simulation.Workloads;

namespace E2LLM.Simulation.Fogs;

/// <summary>
/// Runs a workload through a plan on a virtual clock. Router, queues, admission and batching are the classes that serve; engines and links
/// take the time that the profiles say.
/// </summary>
public sealed class FogSimulator : IReplicaListener
{
    private const int AnyToken = 1;
    private const int StopToken = 2;

    private readonly PlanRequest _request;
    private readonly EventQueue _events = new();
    private readonly SimulatedReplica[] _replicas;
    private readonly ReplicaRouter _router;
    private readonly Dictionary<string, InFlight> _inFlight = [];
    private readonly ImmutableArray<RequestTimes>.Builder _times = ImmutableArray.CreateBuilder<RequestTimes>();
    private readonly Dictionary<string, double> _interfaceFree = [];
    private readonly int[] _prompt;
    private long _routed;

    /// <param name="request">Fleet, model and profiles.</param>
    /// <param name="plan">What is simulated; any planner's.</param>
    /// <param name="options">How it is served.</param>
    public FogSimulator(PlanRequest request, ServingPlan plan, SimulationOptions options)
    {
        _request = request;
        var fleet = new FleetCosts(request);
        var devices = request.Fleet.Devices.Select((device, index) => (device.Id, index)).ToDictionary(pair => pair.Id, pair => pair.index, StringComparer.Ordinal);
        _router = new ReplicaRouter(request.Model, request.Fleet, RoutingPolicies.Get(options.RoutingPolicy));
        _replicas =
        [
            .. plan.Replicas.Select(replica => new SimulatedReplica(
                replica, options.SchedulerFor(replica), new Pipeline(fleet, replica, devices), _events, this)),
        ];
        _prompt = [.. Enumerable.Repeat(1, plan.Replicas.Max(replica => replica.Engine.MaxSequenceTokens))];
    }

    /// <summary>Runs to the end of the last answer. Once.</summary>
    public SimulationResult Run(IReadOnlyList<SimulatedRequest> requests, CancellationToken cancellationToken)
    {
        foreach (var request in requests)
            _events.At(request.ArrivalSeconds, () => Arrive(request));
        _events.Run(cancellationToken);
        if (_inFlight.Count > 0)
            throw new InvalidOperationException($"{_inFlight.Count} of {requests.Count} requests never ended, the first of them {_inFlight.Keys.Min()}.");
        var duration = _events.NowSeconds - requests[0].ArrivalSeconds;
        return new SimulationResult
        {
            Requests = _times.ToImmutable(),
            DurationSeconds = duration,
            BusyShares = _replicas.SelectMany(replica => replica.Plan.Stages.Zip(replica.Pipeline.BusySeconds))
                .ToImmutableSortedDictionary(stage => stage.First.DeviceId, stage => stage.Second / duration, StringComparer.Ordinal),
        };
    }

    void IReplicaListener.OnAdmitted(SimulatedReplica replica, AdmittedRequest admitted)
    {
        var request = _inFlight[admitted.RequestId];
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

    int IReplicaListener.Sample(string requestId) =>
        // A step may still run for a request that has ended.
        _inFlight.TryGetValue(requestId, out var request) && request.HasDrawnAll() ? StopToken : AnyToken;

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
        var route = _router.Choose(
            [.. _replicas.Select(replica => replica.Candidate(_events.NowSeconds))], new RouteRequest(arrived.PromptTokens, arrived.LimitTokens, number))
            ?? throw new InvalidOperationException("The plan has no replicas that serve a request together.");
        var times = new RequestTimes { ArrivalSeconds = arrived.ArrivalSeconds, PromptTokens = arrived.PromptTokens, AnswerTokens = arrived.AnswerTokens };
        _times.Add(times);
        var generation = new GenerationRequest
        {
            Id = number.ToString("D9", System.Globalization.CultureInfo.InvariantCulture),
            ModelId = _request.Model.Id,
            PromptTokens = [.. _prompt.AsSpan(0, arrived.PromptTokens)],
            MaxTokens = arrived.LimitTokens,
            StopTokens = arrived.LimitTokens > arrived.AnswerTokens ? [StopToken] : [],
        };
        var request = new InFlight(generation, times, _replicas[route.Prefill], _replicas[route.Decode]);
        _inFlight.Add(generation.Id, request);
        request.Prefill.Enqueue(generation, request.IsSplit ? RunMode.PrefillOnly : RunMode.Whole);
    }

    /// <summary>Layers travel while later ones and later chunks are computed: what is left at the end is the last chunk's share.</summary>
    private void Send(InFlight request)
    {
        var (from, to) = (request.Prefill.Plan, request.Decode.Plan);
        var whole = KvRules.TransferSeconds(from, to, request.Times.PromptTokens, _request.Model, _request.Fleet);
        var chunks = Math.Max(1, (request.Times.PromptTokens + from.Engine.MaxStepTokens - 1) / from.Engine.MaxStepTokens);
        var slotWait = Math.Max(0, _events.NowSeconds - request.ReadSeconds!.Value);
        request.Times.WaitSeconds += slotWait;
        // A cache that had to wait for its slot is sent when it has one, as a whole.
        var seconds = slotWait > 0 ? whole : whole / chunks;
        var start = Math.Max(_events.NowSeconds, Math.Max(Free(from.Id), Free(to.Id)));
        request.Times.WaitSeconds += start - _events.NowSeconds;
        _interfaceFree[from.Id] = _interfaceFree[to.Id] = start + whole;
        _events.At(start + seconds, () =>
        {
            request.Prefill.Release(request.Generation.Id);
            request.Decode.KvArrived(request.Reservation!.Value, request.Times.PromptTokens, [1]);
        });

        double Free(string replica) => _interfaceFree.GetValueOrDefault(replica);
    }

    private void End(InFlight request)
    {
        request.Times.EndSeconds = _events.NowSeconds;
        _inFlight.Remove(request.Generation.Id);
    }

    private sealed record InFlight(GenerationRequest Generation, RequestTimes Times, SimulatedReplica Prefill, SimulatedReplica Decode)
    {
        private int _drawn;

        public bool IsSplit => Prefill != Decode;

        /// <summary>When the prompt was read, after which the cache can go.</summary>
        public double? ReadSeconds { get; set; }

        public KvReservation? Reservation { get; set; }

        /// <summary>Draws a token; whether it was the last one of the answer.</summary>
        public bool HasDrawnAll() => ++_drawn >= Times.AnswerTokens;
    }
}
