using System.Collections.Immutable;
using System.Runtime.InteropServices;
using E2LLM.Core.Plans;
using E2LLM.Core.Requests;
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;
using E2LLM.Simulation.Kernel;

namespace E2LLM.Simulation.Fogs;

/// <summary>A replica: the product's own scheduler, over stages that only take time.</summary>
internal sealed class SimulatedReplica(ReplicaPlan plan, SchedulerOptions options, Pipeline pipeline, EventQueue events, IReplicaListener listener)
{
    private readonly ReplicaScheduler _scheduler = new(plan.Engine, options);
    private readonly RateMeter _rate = new();

    public ReplicaPlan Plan => plan;

    public Pipeline Pipeline => pipeline;

    /// <summary>Who holds which slot; what ended there last, where none does.</summary>
    public ISampledAnswer?[] Slots { get; } = new ISampledAnswer?[plan.Engine.MaxSequences];

    /// <summary>What its scheduler cannot know yet.</summary>
    public RoutedParts Routed { get; } = new();

    /// <summary>A device of it has left, or it has been stopped: what its stages were at is lost.</summary>
    public bool IsGone { get; set; }

    public bool IsIdle => _scheduler.Load is { QueuedRequests: 0, RunningRequests: 0 };

    public ReplicaSnapshot Snapshot(ReplicaState state, double nowSeconds) =>
        ReplicaSnapshot.Of(state, _scheduler.Counters, _rate.TokensPerSecond(nowSeconds));

    public RouteCandidate Candidate(double nowSeconds)
    {
        Routed.Prune(nowSeconds);
        return new()
        {
            Key = plan.Id,
            Plan = plan,
            Availability = ReplicaAvailability.Available,
            Snapshot = Snapshot(ReplicaState.Serving, nowSeconds),
            Routed = Routed.ToArray(),
        };
    }

    public void Enqueue(GenerationRequest request, RunMode mode)
    {
        _scheduler.Enqueue(request, events.NowSeconds, mode);
        Issue();
    }

    public void KvArrived(KvReservation reservation, int positions, ImmutableArray<int> answer)
    {
        if (_scheduler.KvArrived(reservation, positions, answer) is { } update)
            listener.OnUpdate(this, update);
        Issue();
    }

    /// <summary>The cache will not come: the prompt is read here, and the answer goes on after what is known of it.</summary>
    public void KvFailed(KvReservation reservation, RequestFailure failure, ImmutableArray<int> answer)
    {
        if (_scheduler.KvFailed(reservation, failure, KvRecovery.ReadHere, events.NowSeconds, answer) is { } update)
            listener.OnUpdate(this, update);
        Issue();
    }

    public void Release(string requestId)
    {
        _scheduler.ReleaseHeld(requestId);
        Issue();
    }

    public void Cancel(string requestId)
    {
        _scheduler.Cancel(requestId);
        Issue();
    }

    private void Issue()
    {
        while (!IsGone && _scheduler.Next(events.NowSeconds) is { } step)
        {
            foreach (var admitted in step.Admitted)
                listener.OnAdmitted(this, admitted);
            foreach (var reservation in step.KvReservations)
                listener.OnReserved(this, reservation);
            var done = pipeline.Issue(step, MeanContextTokens(step), events.NowSeconds);
            events.At(done, EventKind.Step, () => Complete(step));
        }
    }

    private void Complete(StepPlan step)
    {
        if (IsGone)
            return;
        _rate.OnStep(step.Rows.Length, events.NowSeconds, isLoaded: _scheduler.QueuedRequests > 0);
        foreach (var update in _scheduler.Complete(step.StepNumber, Sample(step)))
            // Of a token in the middle of an answer few want to hear.
            if (listener.HearsEveryToken || update is not { Chunk: { Finish: null, FirstIndex: > 0 }, Prefill: null })
                listener.OnUpdate(this, update);
        Issue();
    }

    private ImmutableArray<int> Sample(StepPlan step)
    {
        if (step.OutputRows == 0)
            return [];
        var tokens = new int[step.OutputRows];
        var output = 0;
        foreach (var share in step.Shares)
            if (share.HasOutput)
                tokens[output++] = Slots[share.Sequence]!.Sample();
        return ImmutableCollectionsMarshal.AsImmutableArray(tokens);
    }

    private static double MeanContextTokens(StepPlan step)
    {
        if (step.DecodeRows == 0)
            return 0;
        var (tokens, rows, next) = (0.0, 0, 0);
        foreach (var share in step.Shares)
        {
            if (!share.IsPrefill)
            {
                tokens += step.Rows[next].Position;
                rows++;
            }
            next += share.Rows;
        }
        return tokens / rows;
    }
}
