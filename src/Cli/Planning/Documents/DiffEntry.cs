using E2LLM.Planning.Differences;

namespace E2LLM.Cli.Planning.Documents;

/// <summary>What the change from an older plan takes and brings.</summary>
internal sealed record DiffEntry
{
    /// <summary>The older plan's planner.</summary>
    public required string Planner { get; init; }

    public required long MovedBytes { get; init; }

    public required double? MoveSeconds { get; init; }

    /// <summary>Null where the older plan cannot serve the new request.</summary>
    public required double? WaitGainSeconds { get; init; }

    /// <summary>Null where the older plan cannot serve the new request.</summary>
    public required double? CapacityGainRequestsPerSecond { get; init; }

    /// <summary>Null where the change never pays for itself or there is nothing to weigh; the verdict says which.</summary>
    public required double? BreakEvenSeconds { get; init; }

    public required string Verdict { get; init; }

    /// <summary>The older plan under the new request; null where it cannot serve it.</summary>
    public required PredictionEntry? Before { get; init; }

    public required IReadOnlyList<DeviceMove> Devices { get; init; }

    public static DiffEntry Of(PlanComparison comparison)
    {
        var (difference, isComparable) = (comparison.Difference, comparison.Misfit is null);
        return new DiffEntry
        {
            Planner = comparison.Before.Planner,
            MovedBytes = difference.MovedBytes,
            MoveSeconds = PlanDocument.Finite(difference.MoveSeconds),
            WaitGainSeconds = isComparable ? PlanDocument.Finite(difference.WaitGainSeconds) : null,
            CapacityGainRequestsPerSecond = isComparable ? PlanDocument.Finite(difference.CapacityGainRequestsPerSecond) : null,
            BreakEvenSeconds = PlanDocument.Finite(comparison.BreakEvenSeconds),
            Verdict = comparison.Verdict,
            Before = isComparable && comparison.Before.Prediction is { } before ? PredictionEntry.Of(before) : null,
            Devices = difference.Moves,
        };
    }
}
