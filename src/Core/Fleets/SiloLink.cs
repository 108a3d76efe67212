namespace E2LLM.Core.Fleets;

/// <summary>What was measured between the machines of two silos, in one direction.</summary>
/// <param name="From">The sending silo's name.</param>
/// <param name="To">The receiving silo's name.</param>
/// <param name="BytesPerSecond">Of a long transfer.</param>
/// <param name="LatencySeconds">Half of a round trip.</param>
[GenerateSerializer, Alias("E2LLM.SiloLink"), Immutable]
public readonly record struct SiloLink(
    [property: Id(0)] string From, [property: Id(1)] string To, [property: Id(2)] double BytesPerSecond, [property: Id(3)] double LatencySeconds)
{
    /// <summary>Changes of a network that no plan is made anew for: measured twice, it is never quite the same.</summary>
    private const double Likeness = 1.3;

    private const double LikeSeconds = 0.2e-3;

    /// <summary>Whether a planner may take the one for the other.</summary>
    public bool IsLike(double bytesPerSecond, double latencySeconds) =>
        BytesPerSecond <= Likeness * bytesPerSecond && bytesPerSecond <= Likeness * BytesPerSecond
        && Math.Abs(LatencySeconds - latencySeconds) <= Math.Max(LikeSeconds, (Likeness - 1) * latencySeconds);
}
