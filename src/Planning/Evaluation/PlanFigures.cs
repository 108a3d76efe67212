using E2LLM.Core.Plans;

namespace E2LLM.Planning.Evaluation;

/// <summary>What a set of groups is predicted to do: all that a search compares.</summary>
public readonly record struct PlanFigures
{
    // The same groups summed in another order.
    private const double Rounding = 1e-12;

    public double PrefillPerSecond { get; init; }

    public double DecodePerSecond { get; init; }

    public double KvLinksPerSecond { get; init; }

    public double MixedPerSecond { get; init; }

    public double CapacityPerSecond { get; init; }

    public double MeanWaitSeconds { get; init; }

    public double ServiceSeconds { get; init; }

    /// <summary>The figures of no plan: worse than any other.</summary>
    public static PlanFigures Infeasible => new() { MeanWaitSeconds = double.PositiveInfinity, ServiceSeconds = double.PositiveInfinity };

    /// <summary>
    /// Whether these are better for the objective. Waits that differ by less than a millisecond count as equal, because nobody feels
    /// them and latency is worth more; equal capacities are told apart by the wait.
    /// </summary>
    public bool IsBetterThan(PlanFigures other, PlanObjective objective)
    {
        if (objective == PlanObjective.Capacity && Math.Abs(CapacityPerSecond - other.CapacityPerSecond) > Rounding * CapacityPerSecond)
            return CapacityPerSecond > other.CapacityPerSecond;
        var (wait, otherWait) = (Math.Round(MeanWaitSeconds, 3), Math.Round(other.MeanWaitSeconds, 3));
        if (wait != otherWait)
            return wait < otherWait;
        return ServiceSeconds != other.ServiceSeconds ? ServiceSeconds < other.ServiceSeconds : MeanWaitSeconds < other.MeanWaitSeconds;
    }
}
