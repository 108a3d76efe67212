namespace E2LLM.Core.Engines;

/// <summary>How long an engine may take for a step before it counts as hung. Drawn from the stage's profile.</summary>
/// <param name="MinSeconds">However small the step.</param>
/// <param name="SecondsPerRow">For each row.</param>
/// <param name="MaxSeconds">However large the step.</param>
[GenerateSerializer, Alias("E2LLM.StepTimeLimit"), Immutable]
public readonly record struct StepTimeLimit(
    [property: Id(0)] double MinSeconds,
    [property: Id(1)] double SecondsPerRow,
    [property: Id(2)] double MaxSeconds)
{
    public double Seconds(int rows) => Math.Max(MinSeconds, Math.Min(rows * SecondsPerRow, MaxSeconds));
}
