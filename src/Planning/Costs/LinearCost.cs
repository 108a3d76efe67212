namespace E2LLM.Planning.Costs;

/// <summary>Time of one engine call of a stage: fixed + work of its layers * <see cref="SecondsPerWork"/>, plus the head on the last stage.</summary>
/// <param name="FixedSeconds">Cost of the call, whatever it computes.</param>
/// <param name="SecondsPerWork">Seconds for a layer of mean size, whose work is 1.</param>
/// <param name="HeadSeconds">Added where the stage is the last.</param>
public readonly record struct LinearCost(double FixedSeconds, double SecondsPerWork, double HeadSeconds)
{
    /// <summary>Seconds of a stage with so much layer work.</summary>
    public double Seconds(double work, bool isLast) => FixedSeconds + SecondsPerWork * work + (isLast ? HeadSeconds : 0);

    /// <summary>A cost that neither exceeds, whatever the work.</summary>
    internal static LinearCost Least(LinearCost left, LinearCost right) => new(
        Math.Min(left.FixedSeconds, right.FixedSeconds), Math.Min(left.SecondsPerWork, right.SecondsPerWork), Math.Min(left.HeadSeconds, right.HeadSeconds));

    internal static bool IsAtMost(LinearCost cost, LinearCost limit) =>
        cost.FixedSeconds <= limit.FixedSeconds && cost.SecondsPerWork <= limit.SecondsPerWork && cost.HeadSeconds <= limit.HeadSeconds;

    public static LinearCost operator +(LinearCost left, LinearCost right) => new(
        left.FixedSeconds + right.FixedSeconds,
        left.SecondsPerWork + right.SecondsPerWork,
        left.HeadSeconds + right.HeadSeconds);

    public static LinearCost operator *(double factor, LinearCost cost) =>
        new(factor * cost.FixedSeconds, factor * cost.SecondsPerWork, factor * cost.HeadSeconds);
}
