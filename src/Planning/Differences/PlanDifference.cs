using System.Collections.Immutable;

namespace E2LLM.Planning.Differences;

/// <summary>What it takes to go from one plan to another, and what it brings.</summary>
public sealed record PlanDifference
{
    /// <summary>The devices that change, in the fleet's order.</summary>
    public required ImmutableArray<DeviceMove> Moves { get; init; }

    public required long MovedBytes { get; init; }

    /// <summary>Until the last device has its weights, all fetching at once.</summary>
    public required double MoveSeconds { get; init; }

    /// <summary>Positive: the new plan sustains more.</summary>
    public required double CapacityGainRequestsPerSecond { get; init; }

    /// <summary>Positive: the new plan waits less.</summary>
    public required double WaitGainSeconds { get; init; }

    /// <summary>
    /// Seconds of the new plan until the capacity it gains makes up for what the changing replicas do not serve while weights move.
    /// Null where it gains none.
    /// </summary>
    public required double? BreakEvenSeconds { get; init; }
}
