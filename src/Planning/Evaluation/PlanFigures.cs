using E2LLM.Core.Plans;

namespace E2LLM.Planning.Evaluation;

/// <summary>What a set of groups is predicted to do: all that a search compares.</summary>
public readonly record struct PlanFigures
{
    /// <summary>Waits that nobody can tell apart: capacity is worth more than a shorter one.</summary>
    public const double WaitToleranceSeconds = 1e-3;

    // The same groups summed in another order.
    private const double Rounding = 1e-12;

    public double PrefillPerSecond { get; init; }

    public double DecodePerSecond { get; init; }

    public double KvLinksPerSecond { get; init; }

    public double MixedPerSecond { get; init; }

    public double CapacityPerSecond { get; init; }

    public double MeanWaitSeconds { get; init; }

    public double ServiceSeconds { get; init; }

    /// <summary>Mean seconds from a request's arrival to its last token.</summary>
    public double EndToEndSeconds => MeanWaitSeconds + ServiceSeconds;

    /// <summary>The figures of no plan: worse than any other.</summary>
    public static PlanFigures Infeasible => new() { MeanWaitSeconds = double.PositiveInfinity, ServiceSeconds = double.PositiveInfinity };

    /// <summary>
    /// Whether these are better for the objective; a strict order, so that a search never goes in a circle. By wait: waits are rounded to
    /// <see cref="WaitToleranceSeconds"/>, equal ones are told apart by capacity, then by the service time. So the best plan of several
    /// waits at most the tolerance longer than any of them, and none that waits no longer has more capacity. By capacity: equal ones
    /// are told apart by the rounded wait, then by the service time. By latency: by <see cref="EndToEndSeconds"/>, then by capacity.
    /// </summary>
    public bool IsBetterThan(PlanFigures other, PlanObjective objective)
    {
        var byCapacity = Math.Abs(CapacityPerSecond - other.CapacityPerSecond) <= Rounding * CapacityPerSecond
            ? 0
            : CapacityPerSecond.CompareTo(other.CapacityPerSecond);
        var byWait = RoundedWait.CompareTo(other.RoundedWait);
        if (objective == PlanObjective.Latency)
            byWait = EndToEndSeconds.CompareTo(other.EndToEndSeconds);
        var order = objective == PlanObjective.Capacity ? byCapacity : -byWait;
        if (order == 0)
            order = objective == PlanObjective.Capacity ? -byWait : byCapacity;
        if (order != 0)
            return order > 0;
        return ServiceSeconds != other.ServiceSeconds ? ServiceSeconds < other.ServiceSeconds : MeanWaitSeconds < other.MeanWaitSeconds;
    }

    private double RoundedWait => Math.Round(MeanWaitSeconds / WaitToleranceSeconds);
}
