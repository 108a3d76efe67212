using E2LLM.Core.Fleets;
using E2LLM.Core.Models;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Protocols.HandOff;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing.Simulation;

/// <summary>
/// Requests over replicas, event by event: router, policy and schedulers are those that are shipped, engines and links are set times.
/// Events of one moment come in the order in which they were made.
/// </summary>
internal sealed class RoutingSimulation(SimulatedReplica[] replicas, string policy)
{
    private const int StopToken = 999;

    /// <summary>48 KiB of KV cache a token over 1 Gbit/s.</summary>
    private static readonly FleetSpec Fleet = new() { Name = "simulated", Devices = [], DefaultLatencySeconds = 3e-4, DefaultBandwidthBytesPerSecond = 1.15e8 };

    private static readonly ModelSpec Model = new()
    {
        Id = "m",
        Architecture = "llama",
        ContextLengthTokens = 16_384,
        EmbeddingLength = 64,
        VocabularySize = 1000,
        LayerBytes = [.. Enumerable.Repeat(1L << 20, 8)],
        LayerKvBytesPerToken = [.. Enumerable.Repeat(6_144L, 8)],
        HeadBytes = 1 << 20,
        EmbeddingBytes = 1 << 20,
    };

    private readonly ReplicaRouter _router = new(Model, Fleet, RoutingPolicies.Get(policy));
    private readonly PriorityQueue<Action, (double Seconds, long Number)> _events = new();
    private readonly Dictionary<string, (SimulatedRequest Request, SimulatedReplica Prefill, SimulatedReplica Decode)> _running = [];
    private readonly Dictionary<string, KvReservation> _slots = [];
    private readonly HashSet<string> _sent = [];
    private double _nowSeconds;
    private long _number;

    /// <summary>Runs all requests to their ends.</summary>
    public void Run(IReadOnlyList<SimulatedRequest> requests)
    {
        for (var index = 0; index < requests.Count; index++)
        {
            var (request, number) = (requests[index], index);
            At(request.ArrivedSeconds, () => Arrive(request, number));
        }

        while (_events.TryDequeue(out var happen, out var at))
        {
            _nowSeconds = at.Seconds;
            happen();
        }
    }

    /// <summary>Poisson arrivals; prompts and answers with exponential lengths.</summary>
    public static SimulatedRequest[] Load(int seed, int count, double perSecond, double meanPrompt, double meanAnswer, int limitFactor)
    {
        var random = new Random(seed);
        var seconds = 0.0;
        return [.. Enumerable.Range(0, count).Select(index =>
        {
            seconds += Exponential() / perSecond;
            var (prompt, answer) = (1 + (int)(meanPrompt * Exponential()), 2 + (int)(meanAnswer * Exponential()));
            return new SimulatedRequest(
                new GenerationRequest
                {
                    Id = $"r{index}",
                    ModelId = "m",
                    PromptTokens = [.. Enumerable.Repeat(1, Math.Min(prompt, 8_000))],
                    MaxTokens = limitFactor * Math.Min(answer, 4_000 / limitFactor),
                    StopTokens = [StopToken],
                },
                Math.Min(answer, 4_000 / limitFactor), seconds);
        })];

        double Exponential() => -Math.Log(1 - random.NextDouble());
    }

    private void At(double seconds, Action happen) => _events.Enqueue(happen, (seconds, _number++));

    private void Arrive(SimulatedRequest request, int number)
    {
        RouteCandidate[] candidates = [.. replicas.Select(replica => replica.ToCandidate(_nowSeconds))];
        var (prompt, limit) = (request.Request.PromptTokens.Length, request.Request.MaxTokens);
        var route = _router.Choose(candidates, new RouteRequest(prompt, limit, number))
            ?? throw new InvalidOperationException("No replica serves.");
        var (prefill, decode) = (replicas[route.Prefill], replicas[route.Decode]);
        _running.Add(request.Request.Id, (request, prefill, decode));
        prefill.Scheduler.Enqueue(request.Request, _nowSeconds, route.IsHandOff ? RunMode.PrefillOnly : RunMode.Whole);
        Pump(prefill);
    }

    private void Pump(SimulatedReplica replica)
    {
        if (replica.IsBusy || replica.Scheduler.Next(_nowSeconds) is not { } step)
            return;
        replica.IsBusy = true;
        foreach (var admitted in step.Admitted)
        {
            var (request, prefill, decode) = _running[admitted.RequestId];
            if (prefill != replica)
                continue;
            request.StartedSeconds = _nowSeconds;
            if (decode == prefill)
                continue;
            decode.Scheduler.Enqueue(request.Request, _nowSeconds, RunMode.DecodeOnly);
            Pump(decode);
        }
        At(_nowSeconds + replica.StepSeconds(step), () => Complete(replica, step));
    }

    private void Complete(SimulatedReplica replica, StepPlan step)
    {
        replica.IsBusy = false;
        var tokens = step.Shares.Where(share => share.HasOutput).Select(share => Draw(_running[share.RequestId].Request)).ToArray();
        foreach (var update in replica.Complete(step, [.. tokens], _nowSeconds))
        {
            var (request, prefill, _) = _running[update.RequestId];
            if (update.Prefill is { IsHeld: true })
            {
                request.ReadSeconds = _nowSeconds;
                Arrived(request);
            }
            if (update.Chunk.Finish is not null)
            {
                request.DoneSeconds = _nowSeconds;
                if (prefill != replica)
                    prefill.Scheduler.Cancel(request.Request.Id);
            }
        }
        foreach (var slot in step.KvReservations)
        {
            var (request, prefill, decode) = _running[slot.RequestId];
            request.SlotSeconds = _nowSeconds;
            _slots[slot.RequestId] = slot;
            var sentSeconds = KvRules.TransferSeconds(prefill.Plan, decode.Plan, request.Request.PromptTokens.Length, Model, Fleet);
            At(_nowSeconds + sentSeconds, () =>
            {
                _sent.Add(slot.RequestId);
                Arrived(request);
            });
        }
        Pump(replica);
    }

    /// <summary>The cache is whole once the prompt is read and all of it is sent, whichever comes last.</summary>
    private void Arrived(SimulatedRequest request)
    {
        var id = request.Request.Id;
        if (request.ReadSeconds is null || !_sent.Contains(id))
            return;
        var (_, prefill, decode) = _running[id];
        if (decode.Scheduler.KvArrived(_slots[id], request.Request.PromptTokens.Length, [1]) is not null)
            request.DoneSeconds = _nowSeconds;
        prefill.Scheduler.ReleaseHeld(id);
        Pump(decode);
        Pump(prefill);
    }

    private static int Draw(SimulatedRequest request) => ++request.WrittenTokens >= request.AnswerTokens ? StopToken : 1;
}
