namespace E2LLM.Core.Plans.Documents;

/// <summary>A device of a fleet that is served on.</summary>
public sealed record ServedDevice : PlannedDevice
{
    /// <summary>Where its figures come from, as "measured"; null before it has been timed.</summary>
    public required string? Figures { get; init; }
}
