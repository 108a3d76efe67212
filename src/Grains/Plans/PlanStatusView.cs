using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Grains.Interfaces.Plans;
using E2LLM.Grains.Interfaces.Replicas;
using E2LLM.Scheduling.Protocols.Plans;
using E2LLM.Scheduling.Routing;

namespace E2LLM.Grains.Plans;

/// <summary>A plan's machine in the words of its grain's callers.</summary>
internal static class PlanStatusView
{
    /// <param name="plan">The plan.</param>
    /// <param name="seen">Fleet, model and profiles of an attempt, for as long as there are none that work; null: none.</param>
    /// <param name="reports">What the replicas said last, by key.</param>
    public static PlanStatus Of(PlanMachine plan, PlannedServing? seen, IReadOnlyDictionary<string, ReplicaStatus> reports)
    {
        var known = plan.Planned ?? seen;
        ActualReplica[] replicas = [.. plan.Members, .. plan.Retiring];
        var missing = plan.Members.Where(replica => replica.LastFailure.Length > 0)
            .Select(replica => $"Replica {replica.Key} does not serve: {replica.LastFailure}");
        return new PlanStatus
        {
            Phase = PhaseOf(plan),
            Plan = plan.Planned?.Plan,
            Fleet = known?.Fleet,
            Model = known?.Model,
            Profiles = known?.Profiles ?? [],
            Explanation = known?.Explanation ?? [],
            ReplicaKeys = plan.Planned?.Plan is null ? [] : [.. replicas.Select(replica => replica.Key)],
            Replicas = plan.Planned?.Plan is null ? [] : [.. replicas.Select(replica => StatusOf(replica, plan.StateOf(replica.Key), reports))],
            IsChangingOver = plan.IsChangingOver,
            Error = plan.Error.Length > 0 ? plan.Error : string.Join(" ", missing),
        };
    }

    public static PlanPhase PhaseOf(PlanMachine plan) => plan switch
    {
        { HasRoute: true } or { IsServing: true, IsSettled: true } => PlanPhase.Ready,
        { Activity: PlanActivity.Profiling } => PlanPhase.Profiling,
        { Activity: PlanActivity.Planning } => PlanPhase.Planning,
        { Planned.Plan: not null } => !plan.IsSettled || plan.HasServed ? PlanPhase.Loading : PlanPhase.Failed,
        { Error.Length: > 0 } => PlanPhase.Failed,
        _ => plan.Desired is null ? PlanPhase.None : PlanPhase.Stopped,
    };

    public static ReplicaSnapshot ToSnapshot(ReplicaStatus status) => new()
    {
        State = status.State,
        QueuedRequests = status.QueuedRequests,
        RunningRequests = status.RunningRequests,
        ReservedKvCells = status.ReservedKvCells,
        PendingTokens = status.PendingTokens,
        AwaitedKvTokens = status.AwaitedKvTokens,
        MeasuredTokensPerSecond = status.MeasuredTokensPerSecond,
        RunningLimit = status.RunningLimit,
        TokenSeconds = status.TokenSeconds,
        TokenSecondsRunning = status.TokenSecondsRunning,
        LastFailure = status.LastFailure,
    };

    /// <summary>What the replica said last, unless the plan knows better where it stands.</summary>
    private static ReplicaStatus StatusOf(ActualReplica replica, ReplicaState state, IReadOnlyDictionary<string, ReplicaStatus> reports)
    {
        var said = reports.GetValueOrDefault(replica.Key) ?? new ReplicaStatus { Key = replica.Key };
        return replica.Phase switch
        {
            ReplicaPhase.Running => said with { State = state },
            ReplicaPhase.Starting => Idle(said) with { State = ReplicaState.Loading, LastFailure = Reason(replica, said) },
            ReplicaPhase.Draining => said with { State = ReplicaState.Draining },
            ReplicaPhase.Waiting => Idle(said) with { State = ReplicaState.OutOfService, LastFailure = Reason(replica, said) },
            _ => Idle(said) with { State = ReplicaState.Stopped },
        };
    }

    /// <summary>What it said of its load is over.</summary>
    private static ReplicaStatus Idle(ReplicaStatus said) => said with
    {
        QueuedRequests = 0,
        RunningRequests = 0,
        HeldRequests = 0,
        AwaitingKvRequests = 0,
        ReservedKvCells = 0,
        StepsInFlight = 0,
        PendingTokens = 0,
    };

    private static string Reason(ActualReplica replica, ReplicaStatus said) =>
        replica.LastFailure.Length > 0 ? replica.LastFailure : said.LastFailure;
}
