using System.Collections.Immutable;
using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Certificates;

/// <summary>Says of any planner's plan how far it can be from the best one.</summary>
internal static class Certifier
{
    /// <summary>The objective that was asked for comes first. The wait is certified only where all plans can be looked at.</summary>
    public static ImmutableArray<PlanCertificate> Certify(PlanningContext context, PlanFigures figures)
    {
        var capacity = Capacity(context, figures);
        // With unlike layers or links a group's best order for the rate need not be the best for the wait.
        if (!context.IsEnumerable || !context.Serving.IsUniform)
            return [capacity];
        var wait = Wait(context, figures);
        return context.Objective == PlanObjective.Wait ? [wait, capacity] : [capacity, wait];
    }

    private static PlanCertificate Capacity(PlanningContext context, PlanFigures figures)
    {
        var (best, method) = context.IsEnumerable
            ? (context.RelaxedCapacity, "all plans enumerated, KV links relaxed")
            : (context.CapacityBound.RequestsPerSecond, context.CapacityBound.Method);
        return new PlanCertificate
        {
            Objective = PlanObjective.Capacity,
            Achieved = figures.CapacityPerSecond,
            Bound = best,
            // The bound is inflated against rounding; what is left of that is no gap.
            GapPercent = Math.Max(0, 100 * (best / figures.CapacityPerSecond - 1 - 2e-6)),
            Method = method,
        };
    }

    private static PlanCertificate Wait(PlanningContext context, PlanFigures figures)
    {
        // A plan whose groups stand below their highest rate is outside of what was enumerated, and may happen to wait less.
        var least = Math.Min(context.Optimum(PlanObjective.Wait).Figures.MeanWaitSeconds, figures.MeanWaitSeconds);
        var gap = figures.MeanWaitSeconds - least;
        return new PlanCertificate
        {
            Objective = PlanObjective.Wait,
            Achieved = figures.MeanWaitSeconds,
            Bound = least,
            GapPercent = gap <= PlanFigures.WaitToleranceSeconds ? 0 : 100 * gap / figures.MeanWaitSeconds,
            Method = "all plans enumerated whose groups stand at their highest rate; to a millisecond",
        };
    }
}
