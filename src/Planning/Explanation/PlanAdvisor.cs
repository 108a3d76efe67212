using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Differences;
using E2LLM.Planning.Search;
using E2LLM.Planning.Stability;

namespace E2LLM.Planning.Explanation;

/// <summary>The planning library as the plan grain sees it.</summary>
/// <param name="judge">As <see cref="PlannerRegistry.Get"/> takes it.</param>
public sealed class PlanAdvisor(IPlanJudge? judge = null) : IPlanAdvisor
{
    public IPlanner FindPlanner(string name) => PlannerRegistry.Get(name, judge);

    public ServingPlan Align(PlanRequest request, ServingPlan plan, IReadOnlyList<ReplicaPlan> running) => PlanAlignment.Align(request, plan, running);

    public ImmutableArray<string> Explain(PlanRequest request, ServingPlan plan)
    {
        var explanation = PlanExplainer.Explain(request, plan);
        return
        [
            .. explanation.Replicas.Select(replica => $"{replica.Id} ({replica.Role.ToString().ToUpperInvariant()}): {replica.Limit}"),
            .. explanation.Findings,
            .. explanation.Unused.Select(unused => $"{unused.DeviceId} is left out: {unused.Reason}"),
        ];
    }

    public ImmutableArray<string> Compare(PlanRequest request, ServingPlan running, ServingPlan candidate)
    {
        var difference = PlanComparer.Compare(request, running, candidate);
        if (difference.Moves.IsEmpty)
            return ["Nothing moves: every device keeps its layers."];
        return
        [
            .. difference.Moves.Select(move => FormattableString.Invariant(
                $"{move.DeviceId}: {OrNothing(move.Before)} -> {OrNothing(move.After)}, fetches {move.ReceivedBytes:N0} bytes in {move.LinkSeconds:0.0} s")),
            FormattableString.Invariant(
                $"In all {difference.MovedBytes:N0} bytes in {difference.MoveSeconds:0.0} s; capacity {difference.CapacityGainRequestsPerSecond:+0.###;-0.###;0} requests/s, mean wait {-difference.WaitGainSeconds:+0.###;-0.###;0} s."),
            difference.BreakEvenSeconds is { } seconds
                ? FormattableString.Invariant($"It pays for itself after {seconds:0} s.")
                : "It gains no capacity that could pay for the move.",
        ];
    }

    private static string OrNothing(string layers) => layers.Length > 0 ? layers : "nothing";
}
