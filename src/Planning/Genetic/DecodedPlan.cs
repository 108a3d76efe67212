using E2LLM.Planning.Groups;

namespace E2LLM.Planning.Genetic;

/// <summary>What a chromosome stands for.</summary>
/// <param name="Groups">Empty where it cannot serve.</param>
/// <param name="ExcessSeconds">The longest phase's time for a mean request beyond the arrival interval: what is minimised.</param>
/// <param name="PhaseSeconds">The longest phase's time, to tell plans apart whose excess is nothing.</param>
internal sealed record DecodedPlan(GroupPlan[] Groups, double ExcessSeconds, double PhaseSeconds) : IComparable<DecodedPlan>
{
    public static readonly DecodedPlan Infeasible = new([], double.PositiveInfinity, double.PositiveInfinity);

    public int CompareTo(DecodedPlan? other) => other is null ? -1
        : ExcessSeconds != other.ExcessSeconds ? ExcessSeconds.CompareTo(other.ExcessSeconds)
        : PhaseSeconds.CompareTo(other.PhaseSeconds);
}
