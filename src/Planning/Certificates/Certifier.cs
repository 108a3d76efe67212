using System.Collections.Immutable;
using System.Globalization;
using E2LLM.Core.Plans;
using E2LLM.Planning.Evaluation;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Certificates;

/// <summary>Says of any planner's plan how far it can be from the best one.</summary>
internal static class Certifier
{
    private const double Rounding = 2e-6;

    /// <summary>The objective that was asked for comes first. The wait is certified only where all plans can be looked at.</summary>
    public static ImmutableArray<PlanCertificate> Certify(PlanningContext context, PlanFigures figures)
    {
        var capacity = Capacity(context, figures);
        // With unlike layers or links a group's best order for the rate need not be the best for the wait.
        if (!context.IsEnumerable || !context.Serving.IsUniform)
            return [capacity];
        if (Wait(context, figures) is not { } wait)
            return [capacity];
        return context.Objective == PlanObjective.Wait ? [wait, capacity] : [capacity, wait];
    }

    private static PlanCertificate Capacity(PlanningContext context, PlanFigures figures)
    {
        var (bound, method) = !context.IsEnumerable ? (context.CapacityBound.RequestsPerSecond, context.CapacityBound.Method)
            : context.IsCapacityExact ? (context.Optimum(PlanObjective.Capacity).Figures.CapacityPerSecond * (1 + 1e-9), "all plans enumerated")
            : (context.RelaxedCapacity, "all plans enumerated, KV links relaxed");
        var gap = bound / figures.CapacityPerSecond - 1;
        // A plan above its bound is no good news but a wrong proof: nobody may see it as a small gap.
        if (gap < -Rounding)
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"A plan sustains {figures.CapacityPerSecond:R} requests/s, and the bound by '{method}' is {bound:R}. This is a defect of the planner. ")
                + Describe(context.Request));
        return new PlanCertificate
        {
            Objective = PlanObjective.Capacity,
            Achieved = figures.CapacityPerSecond,
            Bound = bound,
            // Bounds are a little inflated against rounding; that is no gap.
            GapPercent = gap <= Rounding ? 0 : 100 * gap,
            Method = method,
        };
    }

    private static string Describe(PlanRequest request) => string.Create(
        CultureInfo.InvariantCulture,
        $"Fleet '{request.Fleet.Name}': {request.Fleet.Devices.Length} devices, {request.Fleet.Links.Length} named links; model '{request.Model.Id}': ")
        + string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Model.LayerCount} layers, cut every {request.Model.CutPeriodLayers}; engine: {request.Engine}; workload: {request.Workload}; ")
        + string.Create(CultureInfo.InvariantCulture, $"minimum {request.MinimumTokensPerSecond} tokens/s; seed {request.Seed}.");

    private static PlanCertificate? Wait(PlanningContext context, PlanFigures figures)
    {
        var least = context.Optimum(PlanObjective.Wait).Figures.MeanWaitSeconds;
        var gap = figures.MeanWaitSeconds - least;
        // A plan whose groups stand below their highest rate is outside of what was enumerated, and may happen to wait less: nothing is proved of it.
        if (gap < -PlanFigures.WaitToleranceSeconds)
            return null;
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
