using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Scheduling.Admission;
using E2LLM.Scheduling.Batching;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Scheduling.Tests.Routing.Simulation;

/// <summary>One device that holds the whole model: the scheduler that is shipped over steps that take set times, which its plan knows.</summary>
/// <remarks>A step takes <c>call + decode rows * row + prompt rows * promptRow</c> seconds.</remarks>
internal sealed class SimulatedReplica
{
    private readonly double _callSeconds;
    private readonly double _rowSeconds;
    private readonly double _promptRowSeconds;
    private readonly RateMeter _rate = new();

    public SimulatedReplica(string id, ReplicaRole role, int concurrency, double callSeconds, double rowSeconds, double promptRowSeconds)
    {
        (_callSeconds, _rowSeconds, _promptRowSeconds) = (callSeconds, rowSeconds, promptRowSeconds);
        var engine = new EngineSettings { MaxSequences = 64, KvCells = 1 << 20, MaxSequenceTokens = 16_384, MaxStepTokens = 256 };
        Plan = new ReplicaPlan
        {
            Id = id,
            Role = role,
            Engine = engine,
            DecodeConcurrency = role == ReplicaRole.Prefill ? 0 : concurrency,
            TokenSeconds = role == ReplicaRole.Prefill ? 0 : callSeconds + concurrency * rowSeconds,
            Stages =
            [
                new StagePlan
                {
                    DeviceId = id,
                    FirstLayer = 0,
                    LayerCount = 8,
                    WeightBytes = 0,
                    KvBytes = 0,
                    DecodeSeconds = callSeconds + rowSeconds,
                    PrefillSeconds = callSeconds + engine.MaxStepTokens * promptRowSeconds,
                },
            ],
        };
        Scheduler = new ReplicaScheduler(engine, new SchedulerOptions { MaxRunning = Plan.DecodeConcurrency, MaxQueuedRequests = 10_000 });
    }

    public ReplicaPlan Plan { get; }

    public ReplicaScheduler Scheduler { get; }

    /// <summary>Whether its next step ends by an event that is yet to come.</summary>
    public bool IsBusy { get; set; }

    public double StepSeconds(StepPlan step)
    {
        var promptRows = step.Shares.Where(share => share.IsPrefill).Sum(share => share.Rows);
        return step.Rows.Length == 0 ? 0 : _callSeconds + (step.Rows.Length - promptRows) * _rowSeconds + promptRows * _promptRowSeconds;
    }

    public ImmutableArray<RequestUpdate> Complete(StepPlan step, ImmutableArray<int> tokens, double nowSeconds)
    {
        _rate.OnStep(step.Rows.Length, nowSeconds, Scheduler.QueuedRequests > 0);
        return Scheduler.Complete(step.StepNumber, tokens);
    }

    /// <summary>What the plan knows of it, as if it had just reported.</summary>
    public RouteCandidate ToCandidate(double nowSeconds)
    {
        var counters = Scheduler.Counters;
        return new RouteCandidate
        {
            Key = Plan.Id,
            Plan = Plan,
            Availability = ReplicaAvailability.Available,
            Snapshot = new ReplicaSnapshot
            {
                State = ReplicaState.Serving,
                QueuedRequests = counters.QueuedRequests,
                RunningRequests = counters.RunningRequests,
                ReservedKvCells = counters.ReservedKvCells,
                PendingTokens = counters.PendingTokens,
                MeasuredTokensPerSecond = _rate.TokensPerSecond(nowSeconds),
                RunningLimit = counters.RunningLimit,
                TokenSeconds = counters.TokenSeconds,
                TokenSecondsRunning = counters.TokenSecondsRunning,
            },
        };
    }
}
