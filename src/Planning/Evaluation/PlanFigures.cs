using E2LLM.Core.Plans;

namespace E2LLM.Planning.Evaluation;

/// <summary>What a set of groups is predicted to do: all that a search compares.</summary>
public readonly record struct PlanFigures
{
    /// <summary>Waits that nobody can tell apart: capacity is worth more than a shorter one.</summary>
    public const double WaitToleranceSeconds = 1e-3;

    /// <summary>Times to the last token, and rates, that nobody can tell apart: two in a hundred, as much as three simulations differ from three others.</summary>
    public const double LatencyTolerance = 0.02;

    /// <summary>What a plan for low latency has to sustain of the workload's rate: more may come than is expected.</summary>
    public const double LoadMargin = 1.25;

    // The same groups summed in another order.
    private const double Rounding = 1e-12;

    public double PrefillPerSecond { get; init; }

    public double DecodePerSecond { get; init; }

    public double KvLinksPerSecond { get; init; }

    public double MixedPerSecond { get; init; }

    public double CapacityPerSecond { get; init; }

    /// <summary>What simulations reach; below the capacity.</summary>
    public double SustainedPerSecond { get; init; }

    /// <summary>The highest rate at which the request's targets are predicted to hold.</summary>
    public double GoodputPerSecond { get; init; }

    public double MeanWaitSeconds { get; init; }

    public double ServiceSeconds { get; init; }

    /// <summary>Between two tokens, in the company that a tenth of the requests find.</summary>
    public double P90TpotSeconds { get; init; }

    /// <summary>Mean seconds from a request's arrival to its last token.</summary>
    public double EndToEndSeconds => MeanWaitSeconds + ServiceSeconds;

    /// <summary>The figures of no plan: worse than any other.</summary>
    public static PlanFigures Infeasible => new() { MeanWaitSeconds = double.PositiveInfinity, ServiceSeconds = double.PositiveInfinity };

    /// <summary>Whether the workload's rate is sustained with <see cref="LoadMargin"/>.</summary>
    public bool CarriesLoad { get; init; }

    /// <summary>
    /// Whether these are better for the objective; a strict order, so that a search never goes in a circle. What the objective counts is
    /// rounded to what people can tell apart, equal figures are told apart by capacity, then by what is left. By wait: rounded to
    /// <see cref="WaitToleranceSeconds"/>, so the best plan of several waits at most the tolerance longer than any of them, and none that waits
    /// no longer has more capacity. By latency: plans that carry the load before others; then the time to the last token, to
    /// <see cref="LatencyTolerance"/>. By goodput: to the same tolerance.
    /// </summary>
    public bool IsBetterThan(PlanFigures other, PlanObjective objective)
    {
        var order = objective switch
        {
            PlanObjective.Capacity => 0,
            PlanObjective.Wait => -RoundedWait.CompareTo(other.RoundedWait),
            PlanObjective.Goodput => Rounded(GoodputPerSecond).CompareTo(Rounded(other.GoodputPerSecond)),
            _ => CarriesLoad != other.CarriesLoad ? CarriesLoad.CompareTo(other.CarriesLoad) : -Rounded(EndToEndSeconds).CompareTo(Rounded(other.EndToEndSeconds)),
        };
        if (order == 0 && Math.Abs(CapacityPerSecond - other.CapacityPerSecond) > Rounding * CapacityPerSecond)
            order = CapacityPerSecond.CompareTo(other.CapacityPerSecond);
        if (order == 0)
            order = objective switch
            {
                PlanObjective.Capacity => -RoundedWait.CompareTo(other.RoundedWait),
                PlanObjective.Wait => 0,
                _ => -EndToEndSeconds.CompareTo(other.EndToEndSeconds),
            };
        if (order != 0)
            return order > 0;
        return ServiceSeconds != other.ServiceSeconds ? ServiceSeconds < other.ServiceSeconds : MeanWaitSeconds < other.MeanWaitSeconds;
    }

    // In steps of the tolerance, so that being equal goes from one to the next.
    private static double Rounded(double figure) => figure > 0 ? Math.Round(Math.Log(figure) / Math.Log(1 + LatencyTolerance)) : double.NegativeInfinity;

    private double RoundedWait => Math.Round(MeanWaitSeconds / WaitToleranceSeconds);
}
